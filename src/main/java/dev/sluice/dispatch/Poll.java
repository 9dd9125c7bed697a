package dev.sluice.dispatch;

import dev.sluice.backend.BackendRequest;
import dev.sluice.backend.BackendResponse;
import dev.sluice.backend.Outcome;
import dev.sluice.job.Awaiting;
import dev.sluice.job.Headers;
import dev.sluice.job.Headers.Header;
import dev.sluice.job.Job;
import dev.sluice.job.JobRequest;
import dev.sluice.job.JobResult;
import dev.sluice.job.Transition;
import dev.sluice.journal.Credentials;
import dev.sluice.journal.Ending;
import dev.sluice.journal.StaleClaimException;
import dev.sluice.route.CallPolicy;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * One poll of an operation: a GET with the fields of the job's request. A 202 means that it is pending, a 303 names the response,
 * which is fetched at once, and anything else is the response. A poll that fails, or is answered with a status that the route
 * retries, is repeated and not the request: the work is done once. The response is not streamed: it may break off and be fetched
 * again within one attempt, whose output cannot begin a second time.
 */
final class Poll {

    private static final int ACCEPTED = 202;
    private static final int SEE_OTHER = 303;

    /** Fields that describe the body of the request, or are conditions of what it was to change. */
    private static final Set<String> OF_THE_REQUEST = Set.of(
            "transfer-encoding", "trailer", "expect", "digest", "idempotency-key", "if-match", "if-unmodified-since");

    private final Job claimed;
    private final Awaiting.Operation operation;
    private final CallPolicy policy;
    private final AttemptContext.Services services;
    private final Outcomes outcomes;

    /** What a response leads to. */
    private sealed interface Found {

        /** What becomes of the job. */
        record Moved(Transition move) implements Found {}

        /** The recording of its end. */
        record Ended(Mono<Job> recording) implements Found {}

        /** Another URL, to be called at once. */
        record Elsewhere(String url) implements Found {}
    }

    Poll(Job claimed, Awaiting.Operation operation, AttemptContext context, Outcomes outcomes) {
        this.claimed = claimed;
        this.operation = operation;
        this.policy = context.policy();
        this.services = context.services();
        this.outcomes = outcomes;
    }

    /** Polls, and emits the recording of what becomes of the job, to be subscribed to. */
    Mono<Mono<Job>> run() {
        return Mono.defer(() -> services.journal().request(claimed.id()))
                .switchIfEmpty(Mono.error(() -> new StaleClaimException(claimed.id()))) // erased, so the job has ended
                .publishOn(services.scheduler())
                .flatMap(request -> call(Credentials.without(request.head()), operation.url(), true));
    }

    private Mono<Mono<Job>> call(JobRequest original, String url, boolean first) {
        OperationUrl parsed = OperationUrl.of(policy, original.target(), url);
        if (parsed == null) { // the route's backend is another one now
            return Mono.just(outcomes.record(new Transition.Fail(Failures.elsewhere(policy), null)));
        }
        JobRequest head = new JobRequest("GET", parsed.target(), fields(original), original.origin());
        BackendRequest poll =
                new BackendRequest(claimed.id(), claimed.attempt(), head, 0, Flux.empty(), false, null, false);
        return services.backend()
                .<Found>call(poll, parsed.policy(), response -> receive(response, first))
                .flatMap(outcome -> settle(original, outcome));
    }

    /** Decides at the head. The body of a response that is not the last one is discarded. */
    private Mono<Found> receive(BackendResponse response, boolean first) {
        JobResult head = response.head();
        NextCall next = next();
        String named = response.elsewhere();
        if (head.status() == ACCEPTED) {
            String url = named == null ? operation.url() : named;
            return response.body().then(Mono.just(new Found.Moved(next.pending(head, url, operation.since()))));
        } else if (head.status() == SEE_OTHER && first && named != null && OperationUrl.isUsable(policy, named)) {
            return response.body().then(Mono.just(new Found.Elsewhere(named)));
        } else if (CallEnds.retries(policy, head.status()) && next.pollsOn(operation.since())) {
            Transition again = next.pending(head, operation.url(), operation.since());
            return response.body().then(Mono.just(new Found.Moved(again)));
        }
        boolean success = policy.success().contains(head.status());
        Ending ending = new Ending(head, success ? null : Failures.answered(claimed, head, policy.retry()));
        return services.recorder()
                .receive(claimed, services.bodies().counted(response.body()))
                .map(body -> new Found.Ended(outcomes.finish(ending, body)));
    }

    private Mono<Mono<Job>> settle(JobRequest original, Outcome<Found> outcome) {
        if (outcome instanceof Outcome.Failed<Found> failed) {
            NextCall next = next();
            boolean again = (failed.failure().retryable() || !failed.sent()) && next.pollsOn(operation.since());
            return Mono.just(outcomes.record(
                    again
                            ? new Transition.Await(operation, next.nextPoll(operation.since()))
                            : new Transition.Fail(failed.failure(), null)));
        }
        Found found = ((Outcome.Answered<Found>) outcome).received();
        if (found instanceof Found.Elsewhere at) {
            return call(original, at.url(), false);
        }
        return Mono.just(
                found instanceof Found.Moved moved ? outcomes.record(moved.move()) : ((Found.Ended) found).recording());
    }

    private static Headers fields(JobRequest original) {
        List<Header> fields = original.headers().fields().stream()
                .filter(field -> {
                    String name = field.name().toLowerCase(Locale.ROOT);
                    return !name.startsWith("content-") && !OF_THE_REQUEST.contains(name);
                })
                .toList();
        return new Headers(fields);
    }

    private NextCall next() {
        Instant now = services.clock().instant().truncatedTo(ChronoUnit.MILLIS);
        return new NextCall(claimed, policy, now, ThreadLocalRandom.current());
    }
}
