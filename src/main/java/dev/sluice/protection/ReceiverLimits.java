package dev.sluice.protection;

import dev.sluice.job.Job;
import dev.sluice.journal.PerTurn;
import dev.sluice.route.CallPolicy;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Keeps receivers of callbacks apart: at most 8 deliveries at once go to one of them from this node, one more with each that it
 * takes, up to a quarter of the places that are free; fewer to one that fails, and half of all to those that fail together. So none
 * that hangs takes the places of others, and what one with many deliveries gets grows with how quickly it takes them. The turn of
 * a receiver that has enough is held until half of its deliveries have ended, so that a claim has several to start. One that
 * says when to come back is held until then. For any thread.
 *
 * <p>A claim starts as many as all of them may have together, and of each as many as that one may: a claim costs the journal a
 * write, whatever it starts.
 */
final class ReceiverLimits implements Protection {

    /** The most deliveries of one claim that go to a receiver of which nothing is known. */
    static final int CLAIM = 4;

    /** With how many deliveries a receiver of which nothing is known has enough. */
    static final int ENOUGH = 5;

    /** One receiver gets at most this part of the free places, so that some are left whatever others do. */
    private static final int PART = 4;

    /** How long a receiver without deliveries under way is known after it failed. */
    static final Duration KNOWN = Duration.ofMinutes(10);

    /** The most receivers that are known without deliveries under way. */
    static final int MOST_KNOWN = 1_000;

    private final Changes changes;
    private final Map<Long, Receiver> receivers = new LinkedHashMap<>(); // by caller; the latest that failed comes last
    private Set<Long> held = Set.of();
    private Set<Long> full = Set.of();
    private PerTurn perTurn = new PerTurn(CLAIM, Map.of());
    private int room = CLAIM;
    private Opening asked = Opening.FREE; // the last one
    private boolean crowded;
    private Instant nextRelease = Instant.MAX;

    ReceiverLimits(Changes changes) {
        this.changes = changes;
    }

    @Override
    public boolean protects(CallPolicy policy) {
        return policy.deliversCallbacks();
    }

    @Override
    public synchronized Opening opening(CallPolicy policy, int underWay, Instant now) {
        if (!now.isBefore(nextRelease)) {
            update(policy, now);
        }
        asked = new Opening(room, Integer.MAX_VALUE, held, perTurn, nextRelease);
        return asked;
    }

    @Override
    public void claimed(CallPolicy policy, Collection<Job> jobs, Instant now) {
        boolean more;
        synchronized (this) {
            forget(now);
            Map<Long, Integer> started = new HashMap<>();
            for (Job job : jobs) {
                started.merge(caller(job), 1, Integer::sum);
            }
            started.forEach((caller, many) -> {
                Receiver receiver = receivers.computeIfAbsent(caller, id -> new Receiver());
                receiver.running += many;
                receiver.sharesTurn |= asked.perTurn().of(caller) == 0;
            });
            more = update(policy, now) || jobs.size() >= asked.room();
            for (Long caller : started.keySet()) {
                boolean bounded = started.get(caller) >= asked.perTurn().of(caller);
                more |= bounded && !held.contains(caller) && !full.contains(caller);
            }
        }
        if (more) {
            changes.signal(); // there may be more that can be started
        }
    }

    @Override
    public void ended(CallPolicy policy, EndedCall call, Instant now) {
        boolean released;
        synchronized (this) {
            Long caller = caller(call.job());
            Receiver receiver = receivers.get(caller);
            if (receiver == null) {
                return;
            }
            receiver.ended(call, now, now.plus(policy.retry().maxHold()));
            if (receiver.failedAt.equals(now)) {
                receivers.remove(caller);
                receivers.put(caller, receiver);
            }
            released = update(policy, now);
        }
        if (released) {
            changes.signal();
        }
    }

    /** How many receivers something is known of. */
    synchronized int known() {
        return receivers.size();
    }

    /** Returns whether a receiver is no longer held. */
    private boolean update(CallPolicy policy, Instant now) {
        forget(now);
        int places = policy.concurrency().perNode();
        int half = places / 2;
        int running = 0;
        int failing = 0;
        for (Receiver receiver : receivers.values()) {
            running += receiver.running;
            failing += receiver.isFailing() ? receiver.running : 0;
        }
        int part = Math.max(ENOUGH, (places - running) / PART);
        crowded = failing > (crowded ? half / 2 : half - CLAIM);
        room = Math.max(CLAIM, Math.min((places - running) / PART, crowded ? places : half - failing));
        Set<Long> next = new HashSet<>();
        Set<Long> nextFull = new HashSet<>();
        Map<Long, Integer> most = new HashMap<>();
        nextRelease = Instant.MAX;
        receivers.forEach((caller, receiver) -> {
            boolean later = receiver.heldUntil.isAfter(now);
            int left = receiver.left(part);
            if (later || (crowded && receiver.isFailing()) || (left == 0 && receiver.sharesTurn)) {
                next.add(caller);
            } else if (left == 0) {
                nextFull.add(caller);
                most.put(caller, 0);
            } else if (left > CLAIM) {
                most.put(caller, left);
            }
            if (later && receiver.heldUntil.isBefore(nextRelease)) {
                nextRelease = receiver.heldUntil;
            }
        });
        boolean released = !next.containsAll(held) || !nextFull.containsAll(full);
        held = kept(held, next);
        full = nextFull;
        perTurn = most.equals(perTurn.others()) ? perTurn : new PerTurn(CLAIM, most);
        return released;
    }

    /** The same set costs a claim nothing. */
    private static Set<Long> kept(Set<Long> before, Set<Long> now) {
        return now.equals(before) ? before : Set.copyOf(now);
    }

    private void forget(Instant now) {
        receivers.values().removeIf(receiver -> receiver.running == 0 && !receiver.isWorthKnowing(now));
        long idle = receivers.values().stream()
                .filter(receiver -> receiver.running == 0)
                .count();
        Iterator<Receiver> eldest = receivers.values().iterator();
        while (idle > MOST_KNOWN) {
            if (eldest.next().running == 0) {
                eldest.remove();
                idle--;
            }
        }
    }

    private static long caller(Job job) {
        return job.spec().caller();
    }

    /** What is under way to one receiver, and how it took what came before. */
    private static final class Receiver {

        private int enough = ENOUGH;
        private int running;
        private boolean full;

        /** Where there are too many turns to hold each, its jobs are held one by one. */
        private boolean sharesTurn;

        private Instant failedAt = Instant.MIN;
        private Instant heldUntil = Instant.MIN;

        /** It gets one more at once when it takes a delivery, and half as many as in the beginning, or fewer, when it does not. */
        void ended(EndedCall call, Instant now, Instant latest) {
            running = Math.max(0, running - 1);
            switch (call.end()) {
                case ANSWERED -> enough++;
                case ABORTED -> {}
                case LIMITED, UNAVAILABLE -> {
                    failed(now);
                    Instant retryAfter = call.retryAfter();
                    Instant asked = retryAfter == null ? now : retryAfter;
                    Instant until = asked.isBefore(latest) ? asked : latest;
                    heldUntil = until.isAfter(heldUntil) ? until : heldUntil;
                }
                case UNREACHABLE, FAILED -> failed(now);
            }
        }

        private void failed(Instant now) {
            enough = Math.max(1, Math.min(enough, ENOUGH) / 2);
            failedAt = now;
        }

        /** How many more it may have; what it took beyond the most says nothing of how many it can take. */
        int left(int most) {
            enough = Math.min(enough, most);
            full = running >= enough || (full && running > enough / 2);
            return full ? 0 : enough - running;
        }

        boolean isFailing() {
            return enough < ENOUGH;
        }

        boolean isWorthKnowing(Instant now) {
            return heldUntil.isAfter(now)
                    || (isFailing() && failedAt.plus(KNOWN).isAfter(now));
        }
    }
}
