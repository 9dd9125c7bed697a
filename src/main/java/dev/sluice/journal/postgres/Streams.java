package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import dev.sluice.job.JobResult;
import dev.sluice.job.Output;
import dev.sluice.job.Transition;
import dev.sluice.journal.JournalOverloadedException;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.ReceivedBody;
import dev.sluice.journal.core.Body;
import dev.sluice.journal.core.BodyName;
import dev.sluice.journal.core.OutputIntake;
import dev.sluice.journal.core.ReceivedResponse;
import dev.sluice.journal.core.ReceivedStream;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/** Receives streamed responses, of which a claim has one at most. */
final class Streams {

    private final OutputIntake intake = new OutputIntake();
    private final Running running;
    private final Consumer<PendingMove> moves;

    Streams(Running running, Consumer<PendingMove> moves) {
        this.running = running;
        this.moves = moves;
    }

    Mono<ReceivedBody> receive(Job claimed, JobResult head, Flux<List<Output>> batches) {
        return Mono.defer(() -> {
            Stream stream = new Stream(claimed, head);
            return intake.receive(claimed, batches, () -> running.holds(claimed), stream::record)
                    .map(stream::received);
        });
    }

    /** As pieces of events that nodes of earlier versions read, and as their bytes, which are to be stored once more. */
    Flux<byte[]> asBefore(Job claimed, Flux<List<Output>> batches) {
        return batches.concatMapIterable(batch -> batch, 1)
                .concatMap(piece -> told(claimed, piece).thenReturn(piece.bytes()), 1);
    }

    /** A response cannot be repeated, so its pieces are recorded again until they can. */
    private Mono<Job> told(Job claimed, Output piece) {
        return Mono.<Job>create(sink -> moves.accept(PendingMove.byHolder(claimed, new Transition.Emit(piece), sink)))
                .retryWhen(Retry.backoff(Long.MAX_VALUE, Duration.ofMillis(100))
                        .maxBackoff(Duration.ofSeconds(1))
                        .filter(error -> error instanceof JournalUnavailableException
                                || error instanceof JournalOverloadedException));
    }

    void close() {
        intake.close();
    }

    private final class Stream {

        private final Job claimed;
        private final JobResult head;
        private volatile long first;

        Stream(Job claimed, JobResult head) {
            this.claimed = claimed;
            this.head = head;
        }

        Mono<Job> record(List<Output> batch) {
            if (first == 0 && running.isStreaming(claimed)) {
                return Mono.error(new IllegalStateException(
                        "another response is streamed under the claim of job " + claimed.id()));
            }
            OutputBatch output = new OutputBatch(batch, first == 0 ? head : null);
            return Mono.<Job>create(sink -> moves.accept(PendingMove.emitting(claimed, output, sink)))
                    .doOnNext(after -> begun(after.lastSeq() + 1 - batch.size()));
        }

        private void begun(long number) {
            if (first == 0) {
                first = number;
                running.streams(claimed);
            }
        }

        ReceivedBody received(long size) {
            return first == 0
                    ? new ReceivedResponse(
                            new BodyName(claimed.id(), claimed.fence()), claimed.fence(), new Body(0, 0, new byte[0]))
                    : new ReceivedStream(claimed.id(), claimed.fence(), head, first, size);
        }
    }
}
