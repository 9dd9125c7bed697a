package dev.sluice.protection;

import dev.sluice.job.Job;
import dev.sluice.route.CallPolicy;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Keeps receivers of callbacks apart: at most 8 deliveries at once go to one of them from this node, fewer to one that fails, so
 * that none that hangs takes the places of others. A receiver that has enough is held until half of its deliveries have ended; if
 * it were held and released one by one, all that waits for it would be moved with each delivery. For any thread.
 */
final class ReceiverLimits implements Protection {

    /** The most deliveries of one claim, which may all be for one receiver. */
    static final int CLAIM = 4;

    /** With how many deliveries at most a receiver is not yet held, and one more. */
    static final int ENOUGH = 5;

    private final Changes changes;
    private final Map<Long, Receiver> receivers = new HashMap<>(); // by caller; those with deliveries under way
    private Set<Long> held = Set.of();

    ReceiverLimits(Changes changes) {
        this.changes = changes;
    }

    /** What is under way to one receiver. */
    private static final class Receiver {

        private int enough = ENOUGH;
        private int running;
        private boolean held;

        /** It gets half as many at once when a call fails, and one more when one does not. */
        void ended(EndedCall.End end) {
            running--;
            if (end == EndedCall.End.ANSWERED) {
                enough = Math.min(ENOUGH, enough + 1);
            } else if (end != EndedCall.End.ABORTED) {
                enough = Math.max(1, enough / 2);
            }
        }

        boolean isHeld() {
            held = running >= enough || (held && running > enough / 2);
            return held;
        }
    }

    @Override
    public boolean protects(CallPolicy policy) {
        return policy.deliversCallbacks();
    }

    @Override
    public synchronized Opening opening(CallPolicy policy, int underWay, Instant now) {
        return new Opening(CLAIM, Integer.MAX_VALUE, held, Instant.MAX);
    }

    @Override
    public void claimed(CallPolicy policy, Collection<Job> jobs, Instant now) {
        synchronized (this) {
            jobs.forEach(job -> receivers.computeIfAbsent(caller(job), id -> new Receiver()).running++);
            update();
        }
        if (jobs.size() >= CLAIM) {
            changes.signal(); // there may be more that can be started
        }
    }

    @Override
    public void ended(CallPolicy policy, EndedCall call, Instant now) {
        boolean released;
        synchronized (this) {
            Receiver receiver = receivers.get(caller(call.job()));
            if (receiver == null) {
                return;
            }
            boolean before = receiver.held;
            receiver.ended(call.end());
            if (receiver.running <= 0) {
                receivers.remove(caller(call.job()));
            }
            update();
            released = before && !held.contains(caller(call.job()));
        }
        if (released) {
            changes.signal();
        }
    }

    private void update() {
        Set<Long> next = new HashSet<>();
        receivers.forEach((caller, receiver) -> {
            if (receiver.isHeld()) {
                next.add(caller);
            }
        });
        held = next.equals(held) ? held : Set.copyOf(next); // the same set costs a claim nothing
    }

    private static long caller(Job job) {
        return job.spec().caller();
    }
}
