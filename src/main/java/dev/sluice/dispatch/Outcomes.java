package dev.sluice.dispatch;

import dev.sluice.job.Job;
import dev.sluice.job.JobResult;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.Transition;
import dev.sluice.journal.Ending;
import dev.sluice.journal.ReceivedBody;
import dev.sluice.journal.StaleClaimException;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Records what becomes of a claimed job, and counts it. Used by one attempt or check, by one thread at a time; only {@link #lastWord}
 * may come from another.
 */
final class Outcomes {

    private static final Logger LOG = LoggerFactory.getLogger(Outcomes.class);

    /** How long what is stopped tries to record its outcome; after that its lease expires. */
    private static final Duration LAST_WORD = Duration.ofSeconds(5);

    private final Job claimed;
    private final AttemptContext context;

    /** The recording of the outcome, once that is decided; nothing changes it afterwards. */
    private volatile @Nullable Mono<Job> decided;

    Outcomes(Job claimed, AttemptContext context) {
        this.claimed = claimed;
        this.context = context;
    }

    /** Notes that the outcome is decided. It is recorded on subscription, which happens a second time after {@link #lastWord}. */
    Mono<Job> decide(Mono<Job> recording) {
        decided = recording;
        return recording;
    }

    /** The same for a move without a result. */
    Mono<Job> decide(Transition move) {
        return decide(record(move));
    }

    /** Records the outcome if it is decided, else what a stop makes of the job; gives up after a few seconds. */
    Mono<Job> lastWord(Supplier<Transition> otherwise) {
        Mono<Job> known = decided;
        return (known != null ? known : decide(otherwise.get()))
                .timeout(LAST_WORD, context.services().scheduler());
    }

    /** The outcome could not be recorded: completes empty. */
    Mono<Job> unrecorded(Throwable error) {
        if (error instanceof StaleClaimException) {
            context.meters().stale();
        } else {
            context.meters().failedUnexpectedly();
            LOG.error("What became of job {} cannot be recorded; its lease runs out", claimed.id(), error);
        }
        return Mono.empty();
    }

    /** Records a move without a result. */
    Mono<Job> record(Transition move) {
        return context.services().recorder().record(claimed, move).doOnNext(recorded -> {
            count(move);
            ended(recorded);
            if (recorded.parked()) {
                context.services().parked().accept(recorded.dueAt());
            }
        });
    }

    /** Stores the body of a response that is to end the job as it arrives, and tells it piece by piece if it is a stream. */
    Mono<ReceivedBody> receive(JobResult head, Flux<byte[]> body) {
        AttemptContext.Services services = context.services();
        Flux<byte[]> counted = services.bodies().counted(body);
        if (!context.policy().streams(head.headers().first("Content-Type").orElse(null))) {
            return services.recorder().receive(claimed, counted);
        }
        OutputChunker chunker = OutputChunker.of(head, claimed.attempt());
        return services.recorder().stream(claimed, head, new OutputBatches(counted, chunker, services.scheduler()));
    }

    /** Records the end with a response. */
    Mono<Job> finish(Ending ending, ReceivedBody body) {
        return context.services().recorder().finish(claimed, ending, body).doOnNext(this::ended);
    }

    private void ended(Job recorded) {
        Instant begun = recorded.startedAt();
        Instant end = recorded.finishedAt();
        if (claimed.awaiting() != null && recorded.result() != null && begun != null && end != null) {
            // the backend has worked at it since, and not only until it took it over
            context.services().estimator().completed(context.policy().id(), Duration.between(begun, end));
        }
        if (recorded.state().finished() && !Dispatcher.isCountedAsHeard(recorded)) {
            context.meters().finished(recorded.state());
            context.services().estimator().finished(recorded);
        }
    }

    private void count(Transition move) {
        if (move instanceof Transition.Requeue requeue && requeue.reason() != RequeueReason.NODE_STOPPED) {
            context.meters().retried();
        }
    }
}
