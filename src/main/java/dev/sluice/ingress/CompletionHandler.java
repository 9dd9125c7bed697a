package dev.sluice.ingress;

import dev.sluice.backend.LaterResponse;
import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.ingress.problem.Problems;
import dev.sluice.job.IllegalTransitionException;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobRequest;
import dev.sluice.job.JobResult;
import dev.sluice.job.JobState;
import dev.sluice.job.JobTokens;
import dev.sluice.job.Problem;
import dev.sluice.journal.JobIntake;
import dev.sluice.journal.JobReader;
import dev.sluice.queue.Resumer;
import dev.sluice.representation.ProblemException;
import dev.sluice.route.CallPolicy;
import dev.sluice.route.CurrentRoutes;
import dev.sluice.route.Route;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import reactor.core.publisher.Mono;

/**
 * Where backends send the answers of attempts that they have taken over. Only the token in the URL entitles to that; it names the
 * attempt, so that an answer to an earlier one is not taken for the present one's. The body is stored as it arrives.
 */
final class CompletionHandler {

    private static final String STATUS = "Sluice-Status";
    private static final Pattern STATUSES = Pattern.compile("[2-5]\\d\\d");

    private final JobTokens tokens;
    private final Jobs jobs;
    private final JobReader reader;
    private final JobIntake journal;
    private final CurrentRoutes routes;
    private final Resumer resumer;

    CompletionHandler(
            JobTokens tokens, Jobs jobs, JobReader reader, JobIntake journal, CurrentRoutes routes, Resumer resumer) {
        this.tokens = tokens;
        this.jobs = jobs;
        this.reader = reader;
        this.journal = journal;
        this.routes = routes;
        this.resumer = resumer;
    }

    /** POST; also while the gateway is shutting down, for this is no new work. */
    Mono<Void> complete(Exchange exchange, JobId id) {
        String token = exchange.target().parameter("token");
        OptionalInt attempt = token == null ? OptionalInt.empty() : tokens.completes(id, token);
        if (attempt.isEmpty()) {
            throw new ProblemException(
                    Problem.WRONG_TOKEN,
                    "The query has no token, or not one of this job; use the URL in Sluice-Completion as it is.");
        }
        int status = status(exchange);
        return jobs.find(exchange, id)
                .map(known -> running(known.job(), attempt.getAsInt()))
                .flatMap(job -> reader.request(id)
                        .switchIfEmpty(Mono.error(Problems::expired))
                        .publishOn(exchange.loop())
                        .flatMap(request -> record(exchange, job, status, request.head())))
                .publishOn(exchange.loop())
                .then(Mono.defer(() -> exchange.response().send(204)));
    }

    private Mono<Job> record(Exchange exchange, Job job, int status, JobRequest request) {
        CallPolicy policy =
                routes.byId(job.route()).map(Route::call).orElseThrow(() -> notRunning("of a route that is gone"));
        long most = LaterResponse.isBodiless(status, request)
                ? 0
                : policy.maxResponse().toBytes();
        if (exchange.length() > most) {
            throw Problems.tooLarge(most);
        }
        JobResult answer = LaterResponse.head(status, exchange.fields(), policy, request);
        SignsOfLife signs = new SignsOfLife(
                journal, job.id(), job.attempt(), policy.timeouts().attempt(), System::nanoTime);
        return signs.begin()
                .then(Mono.defer(
                        () -> journal.complete(job.id(), job.attempt(), answer, signs.of(exchange.body(most)))))
                .switchIfEmpty(Mono.error(Problems::expired))
                .onErrorMap(IllegalTransitionException.class, late -> notRunning(late.job(), job.attempt()))
                .doOnNext(completed -> resumer.due(completed.dueAt()));
    }

    private static int status(Exchange exchange) {
        String status = exchange.field(STATUS);
        if (status == null) {
            return 200;
        }
        if (exchange.fields(STATUS).size() > 1
                || !STATUSES.matcher(status.strip()).matches()) {
            throw new ProblemException(
                    Problem.BAD_HEADER, STATUS + " is no status from 200 to 599; nothing was recorded.");
        }
        return Integer.parseInt(status.strip());
    }

    private static Job running(Job job, int attempt) {
        if (job.state() != JobState.RUNNING || job.attempt() != attempt) {
            throw notRunning(job, attempt);
        }
        return job;
    }

    private static ProblemException notRunning(Job job, int attempt) {
        if (job.state() != JobState.RUNNING) {
            return notRunning(job.state().text());
        }
        return job.attempt() == attempt
                ? notRunning("completed already")
                : notRunning("running, and attempt " + attempt + " of it is over");
    }

    private static ProblemException notRunning(String what) {
        return new ProblemException(
                Problem.NOT_RUNNING,
                "The job is " + what + "; nothing was recorded. Whoever still works at it may stop.");
    }
}
