package dev.sluice.management;

import dev.sluice.job.IllegalTransitionException;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.journal.JobFilter;
import dev.sluice.journal.JobIntake;
import dev.sluice.journal.JobPage;
import dev.sluice.journal.JobReader;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Cancels or erases all jobs that a filter finds. Goes through the list page by page, a few jobs at once, so that the work and the
 * memory are bounded however many there are; jobs accepted meanwhile are left out. What the journal refuses ends it, and the
 * response says how far it came.
 */
final class BulkHandler {

    private static final String DRY_RUN = "dry-run";
    private static final String[] PARAMETERS = {"route", "state", "from", "to", DRY_RUN};
    private static final int PAGE = 200;
    private static final int AT_ONCE = 16;

    /** Again those that were running and went back to the queue meanwhile. */
    private static final List<JobState> UNFINISHED = List.of(JobState.QUEUED, JobState.RUNNING, JobState.QUEUED);

    private static final List<JobState> FINISHED = List.of(JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED);

    private final JobReader jobs;
    private final JobIntake journal;
    private final Clock clock;

    BulkHandler(JobReader jobs, JobIntake journal, Clock clock) {
        this.jobs = jobs;
        this.journal = journal;
        this.clock = clock;
    }

    /** Cancels unfinished jobs. */
    Mono<ServerResponse> cancel(ServerRequest request) {
        return all(request, UNFINISHED, BulkReport.Kind.CANCELLED, this::cancelled);
    }

    /** Erases finished jobs. */
    Mono<ServerResponse> purge(ServerRequest request) {
        return all(request, FINISHED, BulkReport.Kind.ERASED, journal::forget);
    }

    /** What is done with one job; false if it had changed its state meanwhile. */
    private interface Step {
        Mono<Boolean> of(JobId id);
    }

    private Mono<Boolean> cancelled(JobId id) {
        return journal.cancel(id).map(job -> true);
    }

    private Mono<ServerResponse> all(ServerRequest request, List<JobState> states, BulkReport.Kind kind, Step step) {
        Parameters parameters = Parameters.of(request, PARAMETERS);
        JobState only = parameters.state();
        if (only != null && !states.contains(only)) {
            throw ManagementProblems.parameter("state", "names jobs that cannot be " + kind.text());
        }
        boolean dryRun = parameters.flag(DRY_RUN);
        JobFilter filter = upToNow(JobQuery.filter(parameters));
        List<JobState> wanted = only != null
                ? List.of(only)
                : dryRun ? states.stream().distinct().toList() : states;
        BulkReport report = new BulkReport(kind);
        Step chosen = dryRun ? id -> Mono.just(false) : step;
        return Flux.fromIterable(wanted)
                .concatMap(state -> pass(filter.of(state), chosen, report))
                .then(Mono.fromSupplier(report::done))
                .onErrorResume(error -> report.stopped(ManagementErrors.problem(error)))
                .flatMap(done -> JobsHandler.ok().bodyValue(done));
    }

    /** Without jobs that are accepted while this goes on, some of which later passes would find. */
    private JobFilter upToNow(JobFilter filter) {
        Instant now = clock.instant().plusMillis(1);
        Instant to = filter.to();
        return new JobFilter(filter.route(), filter.state(), filter.from(), to != null && to.isBefore(now) ? to : now);
    }

    /** Ends when its last job is done: the next pass would find those again that are still being cancelled. */
    private Mono<Void> pass(JobFilter filter, Step step, BulkReport report) {
        return found(filter)
                .flatMap(job -> one(job.id(), step, report), AT_ONCE)
                .then();
    }

    private Flux<Job> found(JobFilter filter) {
        return jobs.list(filter, PAGE, null)
                .expand(page -> page.next() == null ? Mono.empty() : jobs.list(filter, PAGE, page.next()))
                .publishOn(Schedulers.parallel(), 1)
                .concatMapIterable(JobPage::jobs, 1);
    }

    private static Mono<Boolean> one(JobId id, Step step, BulkReport report) {
        return step.of(id)
                .onErrorResume(IllegalTransitionException.class, otherwise -> Mono.just(false))
                .defaultIfEmpty(false)
                .doOnNext(done -> report.add(id, done));
    }
}
