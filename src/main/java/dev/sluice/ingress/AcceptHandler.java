package dev.sluice.ingress;

import dev.sluice.callbacks.Receivers;
import dev.sluice.http.HeaderNames;
import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.ingress.forwarded.EndToEndFields;
import dev.sluice.ingress.header.CallbackHeader;
import dev.sluice.ingress.header.GroupHeader;
import dev.sluice.ingress.header.IdempotencyKeyHeader;
import dev.sluice.ingress.header.Preferences;
import dev.sluice.ingress.header.Priority;
import dev.sluice.ingress.header.Timing;
import dev.sluice.ingress.header.WaitPreference;
import dev.sluice.job.Estimate;
import dev.sluice.job.GroupId;
import dev.sluice.job.JobId;
import dev.sluice.job.JobIds;
import dev.sluice.job.JobRequest;
import dev.sluice.job.JobSpec;
import dev.sluice.job.KeyedHash;
import dev.sluice.job.Problem;
import dev.sluice.journal.Appended;
import dev.sluice.journal.Credentials;
import dev.sluice.journal.IdempotencyKey;
import dev.sluice.journal.JobIntake;
import dev.sluice.journal.Lookup;
import dev.sluice.journal.NewJob;
import dev.sluice.queue.DeadlineKeeper;
import dev.sluice.queue.Estimator;
import dev.sluice.queue.JobQueue;
import dev.sluice.representation.ProblemException;
import dev.sluice.route.Route;
import java.time.Clock;
import java.time.Instant;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Makes a job of a request: what needs no body is checked first, then there must be a place in the queue, then the request
 * is put on stable storage while it arrives, and only when it is there the client is answered: at once with 202, or, as it
 * and its route prefer, with what the backend has answered by then.
 */
final class AcceptHandler {

    private final AcceptLimits limits;
    private final GroupAdmission groups;
    private final JobIntake journal;
    private final Credentials credentials;
    private final Receivers receivers;
    private final KeyedHash senders;
    private final JobQueue queue;
    private final Estimator estimator;
    private final DeadlineKeeper deadlines;
    private final JobIds ids;
    private final Clock clock;
    private final IngressProperties settings;
    private final AcceptResponses responses;
    private final AcceptMeters meters;

    AcceptHandler(
            AcceptLimits limits,
            GroupAdmission groups,
            JobIntake journal,
            Credentials credentials,
            Receivers receivers,
            KeyedHash senders,
            JobQueue queue,
            Estimator estimator,
            DeadlineKeeper deadlines,
            JobIds ids,
            Clock clock,
            IngressProperties settings,
            AcceptResponses responses,
            AcceptMeters meters) {
        this.limits = limits;
        this.groups = groups;
        this.journal = journal;
        this.credentials = credentials;
        this.receivers = receivers;
        this.senders = senders;
        this.queue = queue;
        this.estimator = estimator;
        this.deadlines = deadlines;
        this.ids = ids;
        this.clock = clock;
        this.settings = settings;
        this.responses = responses;
        this.meters = meters;
    }

    /** Accepts the request or refuses it. A refusal builds no job and reads no body: under overload it is the usual case. */
    Mono<Void> handle(Exchange exchange, Route route) {
        long begun = System.nanoTime();
        Requirements.check(exchange, route);
        String callback = CallbackHeader.read(exchange.fields(), receivers);
        IdempotencyKey key = Requirements.key(exchange, route);
        JobId id = ids.next();
        Asked asked = new Asked(
                id,
                Priority.urgency(exchange.fields(), route),
                Timing.of(exchange.fields(), Instant.ofEpochMilli(id.millis())),
                limits.client(exchange, route),
                key,
                callback,
                GroupHeader.of(exchange.fields()));
        return asked.group() != null && GroupAdmission.isWorthwhile(exchange)
                ? groups.refusal(exchange, asked.group())
                        .flatMap(refusal -> accept(exchange, route, asked, begun, refusal.orElse(null)))
                : accept(exchange, route, asked, begun, null);
    }

    /** What a request asks of its job. */
    private record Asked(
            JobId id,
            int urgency,
            Timing timing,
            long client,
            @Nullable IdempotencyKey key,
            @Nullable String callback,
            @Nullable GroupId group) {

        Instant now() {
            return Instant.ofEpochMilli(id.millis());
        }
    }

    private Mono<Void> accept(
            Exchange exchange, Route route, Asked asked, long begun, @Nullable ProblemException early) {
        IdempotencyKey key = asked.key();
        ProblemException refusal = early == null ? admit(route, asked) : early;
        if (refusal != null && key == null) {
            throw refusal;
        }
        Supplier<NewJob> job = () -> job(exchange, route, asked);
        Mono<Appended> appended;
        if (refusal == null) {
            appended = append(exchange, route, job, begun, () -> limits.leave(route, asked.client()));
        } else {
            // The job of a request that was accepted before is told to its client whether or not it would be accepted
            // now.
            appended = journal.holds(Objects.requireNonNull(key))
                    .flatMap(held -> held ? append(exchange, route, job, begun, () -> {}) : Mono.error(refusal));
        }
        return appended.publishOn(exchange.loop()).flatMap(outcome -> answer(exchange, route, outcome));
    }

    private NewJob job(Exchange exchange, Route route, Asked asked) {
        Instant now = asked.now();
        Timing timing = asked.timing();
        JobRequest request = new JobRequest(
                exchange.method(),
                exchange.target().raw(),
                EndToEndFields.of(exchange.fields(), exchange.client(), true),
                exchange.connection());
        Credentials.Split split = credentials.split(request, route.admission().credentials());
        long caller = senders.of(CallerKey.of(exchange, route.admission().keyScope()));
        long turn = senders.of(CallerKey.turn(exchange, route));
        JobSpec spec = JobSpec.builder(
                        now, route.call().retry().attempts(), route.admission().keep())
                .urgency(asked.urgency())
                .estimate(estimator.estimate(route, asked.urgency(), caller, turn, timing.dueAt(), now))
                .deadline(timing.deadline())
                .caller(caller)
                .turn(turn)
                .client(asked.client())
                .callback(asked.callback())
                .group(asked.group())
                .build();
        return new NewJob(
                asked.id(), route.id(), spec, timing.dueAt(), split.request(), split.credentials(), asked.key());
    }

    /** Acquires a permit for the job; if there is none, or no use in it, says why. */
    private @Nullable ProblemException admit(Route route, Asked asked) {
        Timing timing = asked.timing();
        Instant now = asked.now();
        if (timing.deadline() != null) {
            ProblemException impossible = timing.impossible(now);
            if (impossible != null) {
                return impossible;
            }
            Estimate estimate = estimator.estimate(route, asked.urgency(), timing.dueAt(), now);
            if (!timing.attainable(estimate == null ? null : estimate.finishAt())) {
                return unattainable(route);
            }
        }
        return limits.enter(route, asked.client(), asked.callback() != null);
    }

    /** What is on stable storage counts and is started, whether or not its client waits for the answer. */
    private Mono<Appended> append(Exchange exchange, Route route, Supplier<NewJob> job, long begun, Runnable ended) {
        return Unattended.with(
                exchange.body(route.admission().maxRequest().toBytes()),
                body -> Mono.defer(() -> journal.append(job.get(), body)) // so that what it throws ends it too
                        .doOnNext(outcome -> appended(route, outcome, begun))
                        .doFinally(signal -> ended.run()));
    }

    private void appended(Route route, Appended outcome, long begun) {
        if (outcome instanceof Appended.Created created) {
            if (!created.started()) {
                queue.nudge(route.call());
            }
            Instant deadline = created.job().spec().deadline();
            if (deadline != null) {
                deadlines.watch(deadline);
            }
            meters.accepted(route, System.nanoTime() - begun);
        }
    }

    private Mono<Void> answer(Exchange exchange, Route route, Appended outcome) {
        WaitPreference wait = WaitPreference.of(route, Preferences.of(exchange.fields()), settings.maxWait());
        if (outcome instanceof Appended.Created created) {
            return responses.reply(exchange, new Lookup.Known(created.job(), created.position()), wait);
        } else if (outcome instanceof Appended.Replayed replayed) {
            exchange.response().always(HeaderNames.IDEMPOTENCY_REPLAYED, "true");
            return responses.reply(exchange, new Lookup.Known(replayed.job(), replayed.position()), wait);
        }
        return Mono.error(new ProblemException(
                Problem.IDEMPOTENCY_KEY_REUSED,
                "This " + IdempotencyKeyHeader.NAME
                        + " was used before for a request with another method, target, media"
                        + " type or body; take a new key for a new request."));
    }

    private ProblemException unattainable(Route route) {
        return new ProblemException(
                        Problem.DEADLINE_UNATTAINABLE,
                        "The job is not expected to be finished by its deadline; nothing was accepted. Set a later one"
                                + " or try again when less is waiting.")
                .retryAfter(estimator.retryAfterFull(route, clock.instant()));
    }
}
