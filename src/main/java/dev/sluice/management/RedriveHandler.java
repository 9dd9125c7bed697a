package dev.sluice.management;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.job.Problem;
import dev.sluice.journal.JobPage;
import dev.sluice.journal.JobReader;
import dev.sluice.representation.JsonWriter;
import dev.sluice.representation.ProblemDocument;
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

/** Redrives failed jobs: one, or those that a filter finds. */
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

    /** Answers with the new job. */
    Mono<ServerResponse> one(ServerRequest request) {
        Parameters.of(request); // one that asks for a dry run, which there is not, must not be taken at its word
        return jobs.find(request)
                .flatMap(known -> redrive.of(known.job()))
                .flatMap(made -> ServerResponse.created(
                                URI.create("/jobs/" + made.known().job().id()))
                        .contentType(MediaType.APPLICATION_JSON)
                        .header(HttpHeaders.CACHE_CONTROL, "no-store")
                        .bodyValue(jobs.redriven(made.known(), made.withoutCredentials())));
    }

    /**
     * Redrives a page of the list, one job after the other, so that what was done is always a begin of the page: when the
     * queue is full, or the journal cannot write, the answer says how far it came and where to go on.
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
                .flatMap(report -> JobsHandler.ok().bodyValue(report));
    }

    private static byte[] dry(JobPage page) {
        List<JobId> found = page.jobs().stream().map(Job::id).toList();
        return report(page.jobs().size(), found, 0, 0, page.next(), null);
    }

    private Mono<byte[]> redrive(JobPage page) {
        return Flux.fromIterable(page.jobs())
                .concatMap(this::step)
                .takeUntil(step -> step.stopped() != null)
                .collectList()
                .flatMap(steps -> report(page, steps));
    }

    /**
     * What became of one job of the page: a new job, or nothing because it cannot be redriven, or the end of the page.
     */
    private record Step(
            Job job, Redrive.@Nullable Made made, @Nullable ProblemException stopped) {}

    private Mono<Step> step(Job job) {
        return redrive.of(job).map(made -> new Step(job, made, null)).onErrorResume(error -> {
            ProblemException refusal = ManagementErrors.problem(error);
            boolean ofThisJob = refusal.problem() == Problem.JOB_EXPIRED || refusal.problem() == Problem.NO_ROUTE;
            return Mono.just(new Step(job, null, ofThisJob ? null : refusal));
        });
    }

    private static Mono<byte[]> report(JobPage page, List<Step> steps) {
        List<JobId> made = new ArrayList<>();
        int incomplete = 0;
        JobId done = null;
        for (Step step : steps) {
            ProblemException stopped = step.stopped();
            if (stopped != null && done == null) {
                return Mono.error(stopped);
            } else if (stopped != null) {
                return Mono.just(report(page.jobs().size(), made, made.size(), incomplete, done, stopped));
            }
            Redrive.Made one = step.made();
            if (one != null) {
                made.add(one.known().job().id());
                incomplete += one.withoutCredentials() ? 1 : 0;
            }
            done = step.job().id();
        }
        return Mono.just(report(page.jobs().size(), made, made.size(), incomplete, page.next(), null));
    }

    private static byte[] report(
            int matched,
            List<JobId> jobs,
            int redriven,
            int incomplete,
            @Nullable JobId next,
            @Nullable ProblemException stopped) {
        JsonWriter json = new JsonWriter()
                .begin()
                .member("matched", matched)
                .member("redriven", redriven)
                .list("jobs");
        jobs.forEach(id -> json.element(id.toString()));
        json.endList();
        if (incomplete > 0) {
            json.member("withoutCredentials", incomplete);
        }
        if (next != null) {
            json.member("next", Cursor.of(next));
        }
        if (stopped != null) {
            json.member("stopped", ProblemDocument.of(stopped.failure()).json());
        }
        return json.end().bytes();
    }

    private static String[] parameters() {
        String[] all = Arrays.copyOf(JobQuery.PARAMETERS, JobQuery.PARAMETERS.length + 1);
        all[all.length - 1] = DRY_RUN;
        return all;
    }
}
