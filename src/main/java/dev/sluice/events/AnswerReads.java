package dev.sluice.events;

import dev.sluice.journal.Answer;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Reads stored parts of answers for readers: for a few at a time, in the order in which they ask, so much for each as may be kept
 * for it. Nobody has a place while it does not take what was read, or while the journal is away.
 */
final class AnswerReads {

    /** How many read at once. */
    static final int AT_ONCE = 8;

    /** Bytes of one part, and one piece of the journal more. */
    static final int BYTES = 64 * 1024;

    private final AsyncSemaphore places = new AsyncSemaphore(AT_ONCE);
    private final Scheduler scheduler;

    /**
     * Creates one that reads nothing yet.
     *
     * @param scheduler for the pauses between tries
     */
    AnswerReads(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    /**
     * What an answer has from an offset on.
     *
     * @param answer the answer as it stood
     * @param pieces bytes that follow each other, as many as were read at once
     */
    record Part(Answer answer, List<byte[]> pieces) {}

    /** Reads the next part of an answer that is to be looked up first; empty if there is none. */
    Mono<Part> read(Mono<Answer> lookup, long from) {
        Mono<Part> part = lookup.flatMap(answer -> pieces(answer, from).map(pieces -> new Part(answer, pieces)));
        return places.with(part).retryWhen(WhileAway.retry(scheduler));
    }

    private static Mono<List<byte[]>> pieces(Answer answer, long from) {
        if (from >= answer.size()) {
            return Mono.just(List.of());
        }
        return Flux.defer(() -> {
                    long[] read = {0};
                    return answer.bodyFrom().apply(from).takeUntil(piece -> (read[0] += piece.length) >= BYTES);
                })
                .collectList();
    }
}
