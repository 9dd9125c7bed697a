package dev.sluice.ingress;

import dev.sluice.job.Estimate;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobIds;
import dev.sluice.job.JobRequest;
import dev.sluice.job.Problem;
import dev.sluice.journal.Appended;
import dev.sluice.journal.IdempotencyKey;
import dev.sluice.journal.Journal;
import dev.sluice.journal.NewJob;
import dev.sluice.queue.Admission;
import dev.sluice.queue.Estimator;
import dev.sluice.queue.JobQueue;
import dev.sluice.route.Route;
import dev.sluice.route.RouteTable;
import dev.sluice.route.RouteTable.Match;
import java.time.Clock;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Makes a job of a request: what needs no body is checked first, then there must be a place in the queue, then the request
 * is put on stable storage while it arrives, and only when it is there the answer is 202.
 */
final class AcceptHandler {

    private static final int DEFAULT_URGENCY = 3; // RFC 9218, 4.1

    private final RouteTable routes;
    private final Admission admission;
    private final Journal journal;
    private final JobQueue queue;
    private final Estimator estimator;
    private final JobIds ids;
    private final Clock clock;
    private final Draining draining;
    private final String callerField;
    private final JobAnswers answers;
    private final AcceptMeters meters;
    private final PassThrough passThrough;

    AcceptHandler(
            RouteTable routes,
            Admission admission,
            Journal journal,
            JobQueue queue,
            Estimator estimator,
            JobIds ids,
            Clock clock,
            Draining draining,
            String callerField,
            JobAnswers answers,
            AcceptMeters meters,
            PassThrough passThrough) {
        this.routes = routes;
        this.admission = admission;
        this.journal = journal;
        this.queue = queue;
        this.estimator = estimator;
        this.ids = ids;
        this.clock = clock;
        this.draining = draining;
        this.callerField = callerField;
        this.answers = answers;
        this.meters = meters;
        this.passThrough = passThrough;
    }

    /** Accepts the request or refuses it. */
    Mono<Void> handle(Exchange exchange) {
        long begun = System.nanoTime();
        Route route = route(exchange);
        if (route.mode() == Route.Mode.SYNC) {
            return passThrough.handle(exchange, route);
        }
        Requirements.check(exchange, route);
        IdempotencyKey key = Requirements.key(exchange, route, callerField);
        if (draining.begun()) {
            throw Refusals.draining();
        }
        Mono<Appended> appended;
        if (admission.tryEnter(route)) {
            appended = append(exchange, route, key).doFinally(signal -> admission.leave(route));
        } else if (key != null) {
            // The job of a request that was accepted before is told to its client also when there is no place.
            appended =
                    journal.holds(key).flatMap(held -> held ? append(exchange, route, key) : Mono.error(full(route)));
        } else {
            throw full(route);
        }
        return appended.publishOn(exchange.loop()).flatMap(outcome -> answer(exchange, route, outcome, begun));
    }

    private Route route(Exchange exchange) {
        Match match = routes.match(exchange);
        if (match instanceof Match.Found found) {
            return found.route();
        } else if (match instanceof Match.OtherMethods other) {
            throw Refusals.methodNotAllowed(exchange.method(), String.join(", ", other.allowed()));
        }
        throw new Refusal(Problem.NO_ROUTE, "No route has this path; look at the path and at the gateway's routes.");
    }

    private Mono<Appended> append(Exchange exchange, Route route, @Nullable IdempotencyKey key) {
        JobId id = ids.next();
        Instant now = Instant.ofEpochMilli(id.millis());
        Estimate estimate = estimator.estimate(route, now);
        JobRequest request = new JobRequest(
                exchange.method(), exchange.target().raw(), EndToEnd.of(exchange.fields()), exchange.origin());
        NewJob job = new NewJob(
                id,
                route.id(),
                DEFAULT_URGENCY,
                now,
                now,
                route.retry().attempts(),
                route.keep(),
                estimate,
                null,
                null,
                request,
                key);
        return journal.append(job, exchange.body(route.maxRequest().toBytes()));
    }

    private Mono<Void> answer(Exchange exchange, Route route, Appended outcome, long begun) {
        if (outcome instanceof Appended.Created created) {
            queue.nudge(route);
            meters.accepted(route, System.nanoTime() - begun);
            return accepted(exchange, created.job());
        } else if (outcome instanceof Appended.Replayed replayed) {
            exchange.with(Fields.IDEMPOTENCY_REPLAYED, "true");
            return accepted(exchange, replayed.job());
        }
        return Mono.error(new Refusal(
                Problem.IDEMPOTENCY_KEY_REUSED,
                "This " + IdempotencyKeyHeader.NAME
                        + " was used before for a request with another method, target, media"
                        + " type or body; take a new key for a new request."));
    }

    private Mono<Void> accepted(Exchange exchange, Job job) {
        answers.locate(exchange, job);
        answers.retryAfter(exchange, job);
        exchange.with(Fields.CACHE_CONTROL, Fields.NO_STORE);
        return answers.send(exchange, 202, job);
    }

    private Refusal full(Route route) {
        return new Refusal(
                        Problem.QUEUE_FULL,
                        "Too many requests wait, on this route or in all; nothing was accepted. Try again later.")
                .retryAfter(estimator.retryAfterFull(route, clock.instant()));
    }
}
