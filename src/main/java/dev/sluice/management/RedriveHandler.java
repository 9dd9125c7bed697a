package dev.sluice.management;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.job.Problem;
import dev.sluice.journal.JobPage;
import dev.sluice.journal.JobReader;
import dev.sluice.representation.ProblemException;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Redrives one failed job, or a page of those that match a filter. */
final class RedriveHandler {

    private static final String DRY_RUN = "dry-run";
    private static final String[] PARAMETERS = parameters();

    private final JobReader journal;
    private final JobsHandler jobs;
    private final Redrive redrive;

    RedriveHandler(JobReader journal, JobsHandler jobs, Redrive redrive) {
        this.journal = journal;
        this.jobs = jobs;
        this.redrive = redrive;
    }

    /** Redrives the job of the URL and answers with the new one. */
    Mono<ServerResponse> one(ServerRequest request) {
        Parameters.of(request); // rejects any, such as a dry run, which there is none of here
        return jobs.find(request)
                .flatMap(known -> redrive.of(known.job()))
                .flatMap(made -> ServerResponse.created(
                                URI.create("/jobs/" + made.known().job().id()))
                        .contentType(MediaType.APPLICATION_JSON)
                        .header(HttpHeaders.CACHE_CONTROL, "no-store")
                        .bodyValue(jobs.redriven(made.known(), made.withoutCredentials())));
    }

    /**
     * Redrives a page of the list, one job after the other, so that the jobs that were redriven are always the first of the
     * page. If the queue fills up or the journal becomes unavailable, the response says how far it came and where to resume.
     */
    Mono<ServerResponse> many(ServerRequest request) {
        Parameters parameters = Parameters.of(request, PARAMETERS);
        JobState state = parameters.state();
        if (state != null && state != JobState.FAILED) {
            throw ManagementProblems.parameter("state", "is not failed, and no other jobs can be redriven");
        }
        JobQuery query = JobQuery.of(parameters).of(JobState.FAILED);
        boolean dryRun = parameters.flag(DRY_RUN);
        return journal.list(query.filter(), query.limit(), query.before())
                .publishOn(Schedulers.parallel())
                .flatMap(page -> dryRun ? Mono.just(dry(page)) : redrive(page))
                .flatMap(report -> JobsHandler.ok().bodyValue(ManagementJson.of(report)));
    }

    private static RedriveReport dry(JobPage page) {
        List<JobId> found = page.jobs().stream().map(Job::id).toList();
        return RedriveReport.of(page.jobs().size(), found, 0, 0, page.next(), null);
    }

    private Mono<RedriveReport> redrive(JobPage page) {
        return Flux.fromIterable(page.jobs())
                .concatMap(this::step)
                .takeUntil(step -> step.stopped() != null)
                .collectList()
                .flatMap(steps -> report(page, steps));
    }

    /** The outcome for one job of the page: a new job, nothing because it cannot be redriven, or the reason to stop. */
    private record Step(
            Job job, Redrive.@Nullable Made made, @Nullable ProblemException stopped) {}

    private Mono<Step> step(Job job) {
        return redrive.of(job).map(made -> new Step(job, made, null)).onErrorResume(error -> {
            ProblemException refusal = ManagementErrors.problem(error);
            boolean ofThisJob = refusal.problem() == Problem.JOB_EXPIRED || refusal.problem() == Problem.NO_ROUTE;
            return Mono.just(new Step(job, null, ofThisJob ? null : refusal));
        });
    }

    private static Mono<RedriveReport> report(JobPage page, List<Step> steps) {
        List<JobId> made = new ArrayList<>();
        int incomplete = 0;
        JobId done = null;
        for (Step step : steps) {
            ProblemException stopped = step.stopped();
            if (stopped != null && done == null) {
                return Mono.error(stopped);
            } else if (stopped != null) {
                return Mono.just(RedriveReport.of(page.jobs().size(), made, made.size(), incomplete, done, stopped));
            }
            Redrive.Made one = step.made();
            if (one != null) {
                made.add(one.known().job().id());
                incomplete += one.withoutCredentials() ? 1 : 0;
            }
            done = step.job().id();
        }
        return Mono.just(RedriveReport.of(page.jobs().size(), made, made.size(), incomplete, page.next(), null));
    }

    private static String[] parameters() {
        String[] all = Arrays.copyOf(JobQuery.PARAMETERS, JobQuery.PARAMETERS.length + 1);
        all[all.length - 1] = DRY_RUN;
        return all;
    }
}
