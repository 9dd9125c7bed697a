package dev.sluice.ingress;

import dev.sluice.ingress.problem.Problems;
import dev.sluice.job.IllegalTransitionException;
import dev.sluice.job.JobId;
import dev.sluice.job.Transition;
import dev.sluice.journal.JobIntake;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Records progress reports, at most one for each job in {@link #PACE}. Of reports that arrive faster, the newest is recorded
 * when that time has passed and the others are dropped. A job has an entry and a timer only while it is reported on.
 * Thread-safe.
 */
final class Reports implements AutoCloseable {

    static final Duration PACE = Duration.ofMillis(100);

    private static final Logger LOG = LoggerFactory.getLogger(Reports.class);

    private final JobIntake journal;
    private final Scheduler scheduler;

    /** The pending report of each job whose latest report is younger than the pace. */
    private final Map<JobId, Optional<Transition.Report>> paced = new ConcurrentHashMap<>();

    Reports(JobIntake journal, Scheduler scheduler) {
        this.journal = journal;
        this.scheduler = scheduler;
    }

    /**
     * Takes a report. Completes when it is recorded, or at once if it is deferred; a deferred report is dropped if a newer one
     * arrives or the job ends first. Errors are those of {@link JobIntake#report}, and {@code job-expired} if the job does not
     * exist.
     */
    Mono<Void> take(JobId job, Transition.Report report) {
        return Mono.defer(() -> mustWait(job, report)
                ? Mono.empty()
                : journal.report(job, report)
                        .switchIfEmpty(Mono.error(Problems::expired))
                        .then());
    }

    /** How many jobs have an entry, for tests. */
    int paced() {
        return paced.size();
    }

    private boolean mustWait(JobId job, Transition.Report report) {
        boolean[] waits = {false};
        paced.compute(job, (id, before) -> {
            waits[0] = before != null;
            return before == null ? Optional.empty() : Optional.of(report);
        });
        if (!waits[0]) {
            goOnLater(job);
        }
        return waits[0];
    }

    private void goOnLater(JobId job) {
        scheduler.schedule(() -> goOn(job), PACE.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Records the pending report; without one, removes the entry of the job. */
    private void goOn(JobId job) {
        Transition.Report next = next(job);
        if (next != null) {
            goOnLater(job);
            journal.report(job, next).subscribe(recorded -> {}, error -> lost(job, error));
        }
    }

    private Transition.@Nullable Report next(JobId job) {
        Transition.@Nullable Report[] next = {null};
        paced.computeIfPresent(job, (id, waiting) -> {
            next[0] = waiting.orElse(null);
            return waiting.isPresent() ? Optional.empty() : null;
        });
        return next[0];
    }

    private static void lost(JobId job, Throwable error) {
        if (!(error instanceof IllegalTransitionException)) { // else the job ended, which says more
            LOG.warn("A report of job {} was taken and could not be recorded", job, error);
        }
    }

    /** Drops pending reports. */
    @Override
    public void close() {
        paced.clear();
    }
}
