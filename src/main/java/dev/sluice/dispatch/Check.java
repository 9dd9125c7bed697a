package dev.sluice.dispatch;

import dev.sluice.backend.Outcome;
import dev.sluice.job.Awaiting;
import dev.sluice.job.Job;
import dev.sluice.job.JobResult;
import dev.sluice.job.Transition;
import dev.sluice.journal.Ending;
import dev.sluice.journal.StaleClaimException;
import dev.sluice.journal.WorkQueue;
import dev.sluice.queue.Recorder;
import dev.sluice.queue.Resumer;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * One check on a parked job: decides on the answer that came by a later call, finds that none came in time, or polls the operation
 * that is followed. It is no attempt; one that is cut short is repeated.
 */
final class Check implements Held {

    private static final Logger LOG = LoggerFactory.getLogger(Check.class);

    private final Job claimed;
    private final AttemptContext context;
    private final AttemptContext.Services services;
    private final Outcomes outcomes;
    private final Sinks.Empty<Void> abort = Sinks.empty();
    private final AtomicReference<@Nullable Reason> reason = new AtomicReference<>();

    Check(Job claimed, AttemptContext context) {
        this.claimed = claimed;
        this.context = context;
        this.services = context.services();
        this.outcomes = new Outcomes(claimed, context);
    }

    @Override
    public Job claimed() {
        return claimed;
    }

    @Override
    public Mono<Void> run() {
        return Mono.defer(this::look)
                .onErrorResume(this::afterError)
                .takeUntilOther(abort.asMono())
                .switchIfEmpty(Mono.defer(this::afterAbort))
                .onErrorResume(outcomes::unrecorded)
                .then();
    }

    /** What the check is about is in the journal. */
    @Override
    public void beat() {}

    @Override
    public void abort(Reason why) {
        if (reason.compareAndSet(null, why)) {
            abort.emitEmpty(Sinks.EmitFailureHandler.FAIL_FAST);
        }
    }

    private Mono<Job> look() {
        Awaiting awaiting = claimed.awaiting();
        if (awaiting instanceof Awaiting.Answered) {
            return services.recorder()
                    .answered(claimed)
                    .flatMap(this::decide)
                    .switchIfEmpty(Mono.error(() -> new StaleClaimException(claimed.id())));
        } else if (awaiting instanceof Awaiting.Completion completion) {
            return outcomes.decide(afterSilence(completion));
        }
        Awaiting.Operation operation = (Awaiting.Operation) Objects.requireNonNull(awaiting);
        return new Poll(claimed, operation, context, outcomes).run().flatMap(outcomes::decide);
    }

    /** As on any answer. */
    private Mono<Job> decide(WorkQueue.Completed answer) {
        JobResult head = answer.head();
        NextCall next = next();
        services.protections()
                .completed(
                        context.policy(),
                        CallEnds.of(
                                claimed,
                                context.policy(),
                                head,
                                new Outcome.Answered<>(head, answer),
                                Duration.ZERO,
                                next.retryAfter(head)),
                        now());
        if (context.policy().success().contains(head.status())) {
            return finish(new Ending(head, null), answer);
        }
        Transition again = next.after(head);
        return again != null
                ? outcomes.decide(again)
                : finish(
                        new Ending(
                                head,
                                Failures.answered(
                                        claimed, head, context.policy().retry())),
                        answer);
    }

    private Mono<Job> finish(Ending ending, WorkQueue.Completed answer) {
        return outcomes.decide(outcomes.finish(ending, answer.body()));
    }

    /** A backend could not be heard while there was no node; it has as long as ever from when there is one again. */
    private Transition afterSilence(Awaiting.Completion completion) {
        Instant heardUntil = services.since().plus(completion.timeout());
        return heardUntil.isAfter(now())
                ? new Transition.Await(completion, heardUntil)
                : next().retried(Failures.silent(claimed, completion.timeout()));
    }

    private Mono<Job> afterError(Throwable error) {
        if (error instanceof StaleClaimException) {
            return Mono.error(error);
        }
        if (!Recorder.passing(error)) {
            context.meters().failedUnexpectedly();
            LOG.error("A check on job {} failed unexpectedly", claimed.id(), error);
        }
        return outcomes.decide(new Transition.Await(Objects.requireNonNull(claimed.awaiting()), now().plusSeconds(1)));
    }

    private Mono<Job> afterAbort() {
        if (reason.get() == Reason.LOST) {
            context.meters().stale();
        }
        if (reason.get() != Reason.STOPPED) {
            return Mono.empty();
        }
        return outcomes.lastWord(() -> Resumer.parkedAgain(claimed, now()));
    }

    private NextCall next() {
        return new NextCall(claimed, context.policy(), now(), ThreadLocalRandom.current());
    }

    private Instant now() {
        return services.clock().instant().truncatedTo(ChronoUnit.MILLIS);
    }
}
