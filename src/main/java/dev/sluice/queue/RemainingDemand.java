package dev.sluice.queue;

import dev.sluice.journal.StandingClaim;
import dev.sluice.journal.WorkQueue;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import reactor.core.scheduler.Scheduler;

/**
 * What a claim left of the demand it was made for: nothing waits there. It becomes a {@linkplain WorkQueue#stand standing claim}
 * until the next claim is made. Confined to the scheduler's thread, except {@link #standsFor}.
 */
final class RemainingDemand {

    private final WorkQueue journal;
    private final Duration lease;
    private final Scheduler scheduler;

    private Map<String, WorkQueue.Demand> demand = new HashMap<>();
    private StandingClaim standing = StandingClaim.NONE;

    /** The routes for which a claim stands. */
    private volatile Set<String> routes = Set.of();

    RemainingDemand(WorkQueue journal, Duration lease, Scheduler scheduler) {
        this.journal = journal;
        this.lease = lease;
        this.scheduler = scheduler;
    }

    /** Whether a job of this route that is accepted now is started at once, since none waits. For any thread. */
    boolean standsFor(String route) {
        return routes.contains(route);
    }

    /** Forgets what earlier claims left. */
    void clear() {
        demand = new HashMap<>();
    }

    /** Notes what a claim left of a demand. */
    void add(String route, WorkQueue.Demand left) {
        demand.put(route, left);
    }

    /**
     * Leaves a claim with the journal for all of it. If jobs are accepted that it takes, one of the consumers is called on the
     * scheduler's thread, then {@code ended} unless it failed.
     *
     * @param claimed takes the demand that the claim was made for, and the jobs
     */
    void stand(
            BiConsumer<Map<String, WorkQueue.Demand>, WorkQueue.Claimed> claimed,
            Consumer<Throwable> failed,
            Runnable ended) {
        if (demand.isEmpty()) {
            return;
        }
        Map<String, WorkQueue.Demand> demanded = demand;
        StandingClaim claim = journal.stand(demanded, lease);
        if (claim.equals(StandingClaim.NONE)) {
            return;
        }
        standing = claim;
        routes = demanded.keySet();
        claim.claimed()
                .doOnTerminate(() -> routes = Set.of()) // before anything later is told
                .publishOn(scheduler)
                .subscribe(
                        jobs -> {
                            forget();
                            claimed.accept(demanded, jobs);
                        },
                        error -> {
                            forget();
                            failed.accept(error);
                        },
                        ended);
    }

    /** Withdraws the standing claim, if there is one; returns false if the journal has taken it, whose outcome follows. */
    boolean withdraw() {
        if (!standing.withdraw()) {
            return false;
        }
        forget();
        return true;
    }

    private void forget() {
        standing = StandingClaim.NONE;
        routes = Set.of();
    }
}
