package dev.sluice.queue;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.journal.WorkQueue;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Renews the leases of the jobs that run on this node, every third of a lease, and reports lost ones.
 *
 * <p>Pipeline {@code lease-keeper}: a failed renewal is retried after a thirtieth of a lease, so that a short outage of the
 * journal costs no lease. It ends only by {@link #stop}.
 */
public final class LeaseKeeper {

    private static final Logger LOG = LoggerFactory.getLogger(LeaseKeeper.class);

    private static final Duration SHORTEST_PATIENCE = Duration.ofSeconds(5);

    private final WorkQueue journal;
    private final QueueMeters meters;
    private final Duration lease;
    private final Scheduler scheduler;

    // The fields below are confined to the scheduler's thread.
    private @Nullable Holdings holdings;
    private Disposable timer = Disposables.disposed();
    private boolean renewing;
    private boolean again;
    private boolean failing;

    /**
     * Makes a keeper that is not started.
     *
     * @param scheduler single-threaded
     */
    LeaseKeeper(WorkQueue journal, QueueMeters meters, Duration lease, Scheduler scheduler) {
        this.journal = journal;
        this.meters = meters;
        this.lease = lease;
        this.scheduler = scheduler;
    }

    /** The jobs that run on this node. */
    public interface Holdings {

        /** The jobs as they were claimed; a copy or a live view, for any thread. */
        Collection<Job> held();

        /** The claim of this job no longer holds; the job may have ended meanwhile. Must not block. */
        void lost(Job claimed);
    }

    /** Begins to renew leases. */
    public void start(Holdings held) {
        scheduler.schedule(() -> {
            holdings = held;
            waitFor(lease.dividedBy(3));
        });
    }

    /** Stops renewing. */
    public void stop() {
        scheduler.schedule(() -> {
            holdings = null;
            timer.dispose();
        });
    }

    /** Renews now, which reports every lease that no longer holds. For any thread. */
    public void check() {
        scheduler.schedule(this::renew);
    }

    private void renew() {
        if (holdings == null) {
            return;
        }
        if (renewing) {
            again = true;
            return;
        }
        again = false;
        Map<JobId, Job> held = new HashMap<>();
        try {
            holdings.held().forEach(job -> held.put(job.id(), job));
        } catch (RuntimeException e) {
            renewalFailed(e);
            return;
        }
        if (held.isEmpty()) {
            waitFor(lease.dividedBy(3));
            return;
        }
        renewing = true;
        long begun = System.nanoTime();
        Mono.defer(() -> journal.renew(held.values(), lease))
                .timeout(timeLimit(), Schedulers.parallel()) // no response by then is a failure
                .publishOn(scheduler)
                .subscribe(
                        lost -> {
                            meters.renewed(System.nanoTime() - begun);
                            renewed(held, lost);
                        },
                        this::renewalFailed);
    }

    private Duration timeLimit() {
        return lease.compareTo(SHORTEST_PATIENCE) < 0 ? SHORTEST_PATIENCE : lease;
    }

    private void renewed(Map<JobId, Job> held, List<JobId> lost) {
        renewing = false;
        failing = false;
        if (holdings != null) {
            for (JobId id : lost) {
                Job claimed = held.get(id);
                if (claimed != null) {
                    tell(holdings, claimed);
                }
            }
        }
        next(lease.dividedBy(3));
    }

    /** A bug in handling one lost lease must not prevent the renewal of the others. */
    private void tell(Holdings of, Job claimed) {
        try {
            of.lost(claimed);
        } catch (RuntimeException e) {
            meters.restarted("lease-keeper");
            LOG.error("The loss of job {} could not be told", claimed.id(), e);
        }
    }

    private void renewalFailed(Throwable error) {
        renewing = false;
        if (Recorder.passing(error)) {
            meters.journalFailed("renew");
        } else {
            meters.restarted("lease-keeper");
        }
        if (!failing) {
            LOG.warn("Renewing leases failed, trying again until it succeeds", error);
        }
        failing = true;
        next(lease.dividedBy(30));
    }

    private void next(Duration wait) {
        if (again) {
            renew();
        } else {
            waitFor(wait);
        }
    }

    private void waitFor(Duration wait) {
        timer.dispose();
        if (holdings != null) {
            timer = scheduler.schedule(this::renew, wait.toMillis(), TimeUnit.MILLISECONDS);
        }
    }
}
