package dev.sluice.journal.core;

import dev.sluice.job.Job;
import dev.sluice.job.Output;
import dev.sluice.journal.StaleClaimException;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Signal;
import reactor.core.publisher.Sinks;
import reactor.util.retry.Retry;

/**
 * Receives streamed responses: the batches of one are recorded one after another, and the next is requested only when the previous
 * one is recorded. An error of the response is propagated when the batch before it is recorded. A response cannot be repeated:
 * while the journal is unavailable or overloaded a batch is recorded again and again for as long as the claim is valid.
 */
public final class OutputIntake {

    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

    private final Sinks.Empty<Long> closing = Sinks.empty();

    /**
     * Receives the response to a claimed job.
     *
     * @param batches pieces of the claimed attempt that follow one another without a gap from offset 0; otherwise it fails with
     *     {@link IllegalArgumentException}. Empty batches are ignored.
     * @param holds whether the claim is still valid; called on any thread
     * @param recording records a batch; subscribed to again after an error that passes
     * @return the number of bytes received
     */
    public Mono<Long> receive(
            Job claimed,
            Flux<List<Output>> batches,
            BooleanSupplier holds,
            Function<List<Output>, ? extends Mono<?>> recording) {
        Mono<Long> received = Mono.defer(() -> {
            Response response = new Response(claimed, holds, recording);
            // Materialized, an error waits for its turn, and does not cancel the recording of the batch before it.
            return batches.materialize().concatMap(response::next, 0).then(Mono.fromSupplier(response::size));
        });
        return Mono.firstWithSignal(closing.asMono(), received);
    }

    /** Fails the responses being received, and later ones. */
    public void close() {
        closing.tryEmitError(
                new IllegalStateException("the journal is closed")); // refused only if it was closed before
    }

    private static final class Response {

        private final Job claimed;
        private final BooleanSupplier holds;
        private final Function<List<Output>, ? extends Mono<?>> recording;
        private volatile long size;

        Response(Job claimed, BooleanSupplier holds, Function<List<Output>, ? extends Mono<?>> recording) {
            this.claimed = claimed;
            this.holds = holds;
            this.recording = recording;
        }

        long size() {
            return size;
        }

        Mono<Void> next(Signal<List<Output>> signal) {
            List<Output> batch = signal.get();
            if (signal.getThrowable() != null) {
                return Mono.error(signal.getThrowable());
            } else if (batch == null || batch.isEmpty()) {
                return Mono.empty();
            }
            return record(batch);
        }

        private Mono<Void> record(List<Output> batch) {
            check(batch);
            return Mono.defer(() -> recording.apply(batch))
                    .onErrorMap(
                            error -> BodyIntake.isPassing(error) && !holds.getAsBoolean(),
                            error -> new StaleClaimException(claimed.id()))
                    .retryWhen(Retry.backoff(Long.MAX_VALUE, FIRST_PAUSE)
                            .maxBackoff(LONGEST_PAUSE)
                            .filter(BodyIntake::isPassing))
                    .doOnSuccess(recorded -> size = batch.get(batch.size() - 1).end())
                    .then();
        }

        private void check(List<Output> batch) {
            long offset = size;
            for (Output piece : batch) {
                if (piece.offset() != offset || piece.attempt() != claimed.attempt()) {
                    throw new IllegalArgumentException(piece + " does not follow " + offset + " bytes of attempt "
                            + claimed.attempt() + " of job " + claimed.id());
                }
                offset = piece.end();
            }
        }
    }
}
