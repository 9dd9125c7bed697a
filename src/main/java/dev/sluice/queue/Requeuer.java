package dev.sluice.queue;

import dev.sluice.job.Failure;
import dev.sluice.job.Job;
import dev.sluice.job.Problem;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.Transition;
import dev.sluice.journal.StaleClaimException;
import java.time.Clock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.scheduler.Scheduler;

/**
 * Requeues claimed jobs that no attempt works on, or fails them if their route is gone, so that no job stays claimed without an
 * attempt; if even this fails, the lease expires. For the scheduler's thread only.
 */
final class Requeuer {

    private static final Logger LOG = LoggerFactory.getLogger(Requeuer.class);

    private final Recorder recorder;
    private final QueueMeters meters;
    private final Clock clock;
    private final Scheduler scheduler;
    private final Runnable oneIsDone;
    private int underWay;

    /**
     * Makes a requeuer.
     *
     * @param oneIsDone called on the scheduler's thread after each job
     */
    Requeuer(Recorder recorder, QueueMeters meters, Clock clock, Scheduler scheduler, Runnable oneIsDone) {
        this.recorder = recorder;
        this.meters = meters;
        this.clock = clock;
        this.scheduler = scheduler;
        this.oneIsDone = oneIsDone;
    }

    /** Requeues a job without counting a try, because the backend was not called. */
    void giveBack(Job job) {
        record(job, new Transition.Requeue(RequeueReason.NODE_STOPPED, clock.instant(), null));
    }

    /** Parks a job again that was claimed to be checked on. */
    void park(Job job) {
        record(job, Resumer.parkedAgain(job, clock.instant()));
    }

    void failGone(Job job) {
        Failure gone = new Failure(
                Problem.ROUTE_GONE,
                "Route '" + job.route() + "' took this job and is no longer configured; configure it and send the"
                        + " request again.");
        record(job, new Transition.Fail(gone, null));
    }

    boolean none() {
        return underWay == 0;
    }

    private void record(Job job, Transition move) {
        underWay++;
        recorder.record(job, move)
                .publishOn(scheduler)
                .doFinally(signal -> {
                    underWay--;
                    oneIsDone.run();
                })
                .subscribe(
                        recorded -> LOG.debug("Job {} is {} again", job.id(), recorded.state()),
                        error -> notRecorded(job, error));
    }

    private void notRecorded(Job job, Throwable error) {
        if (!(error instanceof StaleClaimException)) {
            meters.restarted("claimer");
            LOG.error("Job {} could not be returned; its lease runs out", job.id(), error);
        }
    }
}
