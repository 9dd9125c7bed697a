package dev.sluice.dispatch;

import dev.sluice.backend.BackendRequest;
import dev.sluice.backend.BackendResponse;
import dev.sluice.backend.Heartbeat;
import dev.sluice.backend.Outcome;
import dev.sluice.job.Awaiting;
import dev.sluice.job.Failure;
import dev.sluice.job.Job;
import dev.sluice.job.JobRequest;
import dev.sluice.job.JobResult;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.Transition;
import dev.sluice.journal.Credentials;
import dev.sluice.journal.Ending;
import dev.sluice.journal.StaleClaimException;
import dev.sluice.journal.StoredRequest;
import dev.sluice.protection.EndedCall;
import dev.sluice.queue.Recorder;
import dev.sluice.route.CallPolicy;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * One attempt of a job: reads the request, calls the backend and records the outcome. Whether a response is final is decided
 * at its head: the body of a final one streams from the backend's connection into the journal; any other body is read and
 * discarded, which keeps the connection usable.
 */
final class Attempt implements Held {

    private static final Logger LOG = LoggerFactory.getLogger(Attempt.class);

    /** The delay after which a job whose request could not be read is tried again. */
    private static final Duration UNREADABLE = Duration.ofSeconds(1);

    /** How long the body of a response is read that says that the work was taken over. */
    private static final Duration DISCARDING = Duration.ofSeconds(5);

    private final Job claimed;
    private final AttemptContext context;
    private final AttemptContext.Services services;
    private final Outcomes outcomes;
    private final Heartbeat heartbeat;
    private final Sinks.Empty<Void> abort = Sinks.empty();
    private final AtomicBoolean reported = new AtomicBoolean();
    private final AtomicReference<@Nullable Reason> reason = new AtomicReference<>();

    // Written by one thread at a time, in the order of the chain; volatile because an abort comes from any thread.
    private volatile boolean called;
    private volatile @Nullable JobResult response;

    /** What becomes of the job after a response that is not final. */
    private volatile @Nullable Transition instead;

    /** The recording that parks the job, once that is known; shared by all who wait for it. */
    private volatile @Nullable Mono<Job> parking;

    /** The job as it was parked, once that is recorded: this attempt has nothing more to say. */
    private volatile @Nullable Job parked;

    private long calledAt;

    Attempt(Job claimed, AttemptContext context) {
        this.claimed = claimed;
        this.context = context;
        this.services = context.services();
        this.outcomes = new Outcomes(claimed, context);
        this.heartbeat = new Heartbeat(
                services.urls().progress(claimed.id()), services.urls().completion(claimed.id(), claimed.attempt()));
    }

    @Override
    public Job claimed() {
        return claimed;
    }

    @Override
    public Mono<Void> run() {
        return work().takeUntilOther(abort.asMono()) // on completion: an error there would not cancel the work
                .switchIfEmpty(Mono.defer(this::afterAbort))
                .onErrorResume(outcomes::unrecorded)
                .then();
    }

    /** The timeout starts anew. */
    @Override
    public void beat() {
        heartbeat.beat();
    }

    @Override
    public void abort(Reason why) {
        if (reason.compareAndSet(null, why)) {
            LOG.debug("Attempt {} of job {} is aborted: {}", claimed.attempt(), claimed.id(), why);
            abort.emitEmpty(Sinks.EmitFailureHandler.FAIL_FAST);
        }
    }

    /** Empty if there is nothing to record. */
    private Mono<Job> work() {
        return Mono.defer(() -> services.journal().request(claimed.id()))
                .publishOn(services.scheduler())
                .flatMap(this::call)
                .onErrorResume(this::afterError);
    }

    /** The target of a request that the gateway makes to the backend by itself is a whole URL. */
    private Mono<Job> call(StoredRequest request) {
        CallPolicy policy = context.policy();
        JobRequest head = Credentials.without(request.head()); // a redriven job has placeholders without values
        if (head.target().startsWith("/") || policy.deliversCallbacks()) {
            return call(request, head, policy);
        }
        OperationUrl url = OperationUrl.whole(policy, head.target());
        if (url == null) { // the route's backend is another one now
            ended(CallEnds.aborted(claimed, time()));
            return outcomes.decide(fail(Failures.elsewhere(policy)));
        }
        return call(request, new JobRequest(head.method(), url.target(), head.headers(), head.origin()), url.policy());
    }

    private Mono<Job> call(StoredRequest request, JobRequest head, CallPolicy policy) {
        calledAt = context.meters().now();
        called = true;
        heartbeat.beat();
        BackendRequest attempt = new BackendRequest(
                claimed.id(),
                claimed.attempt(),
                head,
                request.size(),
                services.bodies().counted(new StoredBody(claimed, request, services).pieces()),
                false,
                heartbeat,
                claimed.spec().maxAttempts() == 1);
        return services.backend().call(attempt, policy, this::receive).flatMap(this::settle);
    }

    /** Decides at the head. Yields the finished job, or the running one if the response does not end it. */
    private Mono<Job> receive(BackendResponse received) {
        JobResult head = received.head();
        Flux<byte[]> body = received.body();
        response = head;
        if (next().takenOver(head, received.elsewhere()) != null) {
            return takenOver(received);
        }
        if (context.policy().success().contains(head.status())) {
            return finish(new Ending(head, null), body);
        }
        instead = next().after(head);
        if (instead != null) {
            return body.then(Mono.just(claimed));
        }
        return finish(
                new Ending(
                        head, Failures.answered(claimed, head, context.policy().retry())),
                body);
    }

    /** Records that at once: until then, a node that dies would have the work done again. The body is discarded meanwhile. */
    private Mono<Job> takenOver(BackendResponse received) {
        JobResult head = received.head();
        Duration time = time();
        if (report(CallEnds.of(claimed, context.policy(), head, new Outcome.Answered<>(head, claimed), time, null))) {
            services.estimator().takenOver(context.policy().id(), time);
        }
        Mono<Job> recorded =
                outcomes.decide(park(Objects.requireNonNull(next().takenOver(head, received.elsewhere()))));
        parking = recorded;
        Mono<Boolean> discarded = received.body()
                .takeUntilOther(Mono.delay(DISCARDING, services.scheduler()))
                .then()
                .onErrorComplete() // it means nothing
                .thenReturn(true);
        return recorded.zipWith(discarded, (job, done) -> job);
    }

    /**
     * Parks the job, once begun even if the attempt is aborted: a cancel that comes meanwhile may be recorded before it, and the
     * operation is known to nobody else then.
     */
    private Mono<Job> park(Transition move) {
        return outcomes.record(move)
                .doOnNext(job -> parked = job)
                .onErrorResume(
                        StaleClaimException.class, stale -> unparked(move).then(Mono.error(stale)))
                .cache();
    }

    private Mono<Void> unparked(Transition move) {
        return move instanceof Transition.Await await && await.awaiting() instanceof Awaiting.Operation operation
                ? services.deletes().unparked(claimed, operation, now())
                : Mono.empty();
    }

    private Mono<Job> finish(Ending ending, Flux<byte[]> body) {
        return outcomes.receive(ending.result(), body)
                .flatMap(received -> outcomes.decide(outcomes.finish(ending, received)));
    }

    private Mono<Job> settle(Outcome<Job> outcome) {
        Job waiting = parked;
        if (waiting != null) { // even if the body, which was discarded, was cut short
            return Mono.just(waiting);
        }
        Duration time = time();
        JobResult head = response;
        Instant comeBackAt = head == null ? null : next().retryAfter(head);
        ended(CallEnds.of(claimed, context.policy(), head, outcome, time, comeBackAt));
        Transition move = instead;
        if (move != null) { // even if its body, which is discarded, was cut short
            return outcomes.decide(move);
        }
        if (outcome instanceof Outcome.Failed<Job> failed) {
            return outcomes.decide(next().after(failed));
        }
        return Mono.just(((Outcome.Answered<Job>) outcome).received());
    }

    private void ended(EndedCall call) {
        if (report(call) && call.end() == EndedCall.End.ANSWERED) {
            services.estimator().observed(context.policy().id(), call.time());
        }
    }

    /** Tells the protections, once: before the job goes back to the queue, and before another may take its place. */
    private boolean report(EndedCall call) {
        if (!reported.compareAndSet(false, true)) {
            return false;
        }
        if (called) {
            context.meters().attempted(call.end(), call.time());
        }
        services.protections().ended(context.policy(), call, now());
        return true;
    }

    private Duration time() {
        return called ? Duration.ofNanos(context.meters().now() - calledAt) : Duration.ZERO;
    }

    private NextCall next() {
        return new NextCall(claimed, context.policy(), now(), ThreadLocalRandom.current());
    }

    private Mono<Job> afterError(Throwable error) {
        ended(CallEnds.aborted(claimed, time()));
        if (error instanceof StaleClaimException) {
            context.meters().stale();
            return Mono.empty();
        }
        if (!Recorder.passing(error)) {
            context.meters().failedUnexpectedly();
            LOG.error("Attempt {} of job {} failed unexpectedly", claimed.attempt(), claimed.id(), error);
        } else if (!called) {
            return outcomes.decide(backToTheQueue(UNREADABLE)); // the backend was not called
        }
        JobResult head = response;
        if (head == null) {
            return outcomes.decide(next().retried(Failures.unknown(claimed)));
        }
        // Its body is gone: the journal did not store it, and it cannot be read twice.
        return context.policy().success().contains(head.status())
                ? outcomes.decide(next().retried(Failures.notKept(claimed, head)))
                : outcomes.decide(
                        fail(Failures.answered(claimed, head, context.policy().retry())));
    }

    private Mono<Job> afterAbort() {
        if (parked != null) {
            return Mono.empty();
        }
        ended(CallEnds.aborted(claimed, time()));
        if (reason.get() == Reason.LOST) {
            context.meters().stale();
        }
        if (reason.get() != Reason.STOPPED) {
            Mono<Job> begun = parking;
            return begun == null ? Mono.empty() : begun.onErrorComplete(StaleClaimException.class);
        }
        boolean onlyOnce = heartbeat.isSent() && claimed.spec().maxAttempts() == 1;
        return outcomes.lastWord(() -> onlyOnce ? fail(Failures.unknown(claimed)) : backToTheQueue(Duration.ZERO));
    }

    private Instant now() {
        return services.clock().instant().truncatedTo(ChronoUnit.MILLIS);
    }

    private Transition backToTheQueue(Duration wait) {
        return new Transition.Requeue(RequeueReason.NODE_STOPPED, now().plus(wait), null, heartbeat.isSent(), null);
    }

    private static Transition fail(Failure failure) {
        return new Transition.Fail(failure, null);
    }
}
