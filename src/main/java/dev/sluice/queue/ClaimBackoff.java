package dev.sluice.queue;

import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.scheduler.Scheduler;

/**
 * Repeats failed claims until one succeeds: after 50 ms at first, backing off to once a second. Confined to the thread of the
 * scheduler.
 */
final class ClaimBackoff {

    private static final Logger LOG = LoggerFactory.getLogger(ClaimBackoff.class);

    private static final long FIRST_MILLIS = 50;
    private static final long LONGEST_MILLIS = 1_000;
    private static final int DOUBLINGS = 5;

    private final String pipeline;
    private final String verb;
    private final String what;
    private final QueueMeters meters;
    private final Scheduler scheduler;
    private final Runnable again;
    private boolean waiting;
    private int failures;

    /**
     * Creates an instance for claims that have not failed.
     *
     * @param pipeline the name of the pipeline, whose restart an unexpected error counts as
     * @param verb the verb of the journal that failed, as counted
     * @param what what is claimed, as logged
     * @param again makes the next claim
     */
    ClaimBackoff(String pipeline, String verb, String what, QueueMeters meters, Scheduler scheduler, Runnable again) {
        this.pipeline = pipeline;
        this.verb = verb;
        this.what = what;
        this.meters = meters;
        this.scheduler = scheduler;
        this.again = again;
    }

    /** Whether a claim failed and its repetition is due later. */
    boolean isWaiting() {
        return waiting;
    }

    void succeeded() {
        failures = 0;
    }

    void failed(Throwable error) {
        if (Recorder.passing(error)) {
            meters.journalFailed(verb);
        } else {
            meters.restarted(pipeline);
        }
        if (failures == 0) {
            LOG.warn("Claiming {} failed, trying again until it succeeds", what, error);
        }
        waiting = true;
        long wait = FIRST_MILLIS << Math.min(failures++, DOUBLINGS);
        scheduler.schedule(
                () -> {
                    waiting = false;
                    again.run();
                },
                Math.min(wait, LONGEST_MILLIS),
                TimeUnit.MILLISECONDS);
    }
}
