package dev.sluice.backend;

import dev.sluice.route.CallPolicy;
import java.util.Locale;
import java.util.Objects;

/** What of a policy decides over its connections: calls with equal keys share them. */
final class PoolKey {

    private final CallPolicy policy;

    PoolKey(CallPolicy policy) {
        this.policy = policy;
    }

    CallPolicy policy() {
        return policy;
    }

    @Override
    public String toString() {
        return policy.id();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PoolKey key && sharesConnections(policy, key.policy);
    }

    @Override
    public int hashCode() {
        // With the server, as there are many of one id where callbacks are delivered: a bin of equal hashes has a lock.
        return Objects.hash(
                policy.id(),
                policy.target().host().toLowerCase(Locale.ROOT),
                policy.target().port());
    }

    @SuppressWarnings("ReferenceEquality") // the usual case, at no cost
    private static boolean sharesConnections(CallPolicy one, CallPolicy other) {
        return one == other
                || (one.id().equals(other.id())
                        && one.target().isSameServer(other.target())
                        && one.mostConnections() == other.mostConnections()
                        && one.connections().equals(other.connections())
                        && one.timeouts().connect().equals(other.timeouts().connect())
                        && one.timeouts().attempt().equals(other.timeouts().attempt()));
    }
}
