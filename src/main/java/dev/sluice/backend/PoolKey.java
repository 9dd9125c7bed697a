package dev.sluice.backend;

import dev.sluice.route.CallPolicy;

/**
 * What of a policy decides over its connections: calls with equal keys share them. All receivers of callbacks share what is the
 * same for them, whatever their servers are.
 */
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
        return policy.id().hashCode(); // cheap, and a route rarely has more than one
    }

    @SuppressWarnings("ReferenceEquality") // the usual case, at no cost
    private static boolean sharesConnections(CallPolicy one, CallPolicy other) {
        return one == other || (one.id().equals(other.id()) && sharesServer(one, other) && sharesSettings(one, other));
    }

    private static boolean sharesSettings(CallPolicy one, CallPolicy other) {
        return one.mostConnections() == other.mostConnections()
                && one.connections().equals(other.connections())
                && one.timeouts().connect().equals(other.timeouts().connect())
                && one.timeouts().attempt().equals(other.timeouts().attempt());
    }

    private static boolean sharesServer(CallPolicy one, CallPolicy other) {
        if (one.deliversCallbacks() && other.deliversCallbacks()) {
            return one.target().isSecure() == other.target().isSecure();
        }
        return one.target().isSameServer(other.target());
    }
}
