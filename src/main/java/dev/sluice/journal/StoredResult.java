package dev.sluice.journal;

import dev.sluice.job.JobResult;
import java.util.function.LongFunction;
import reactor.core.publisher.Flux;

/**
 * A stored response.
 *
 * @param head status and fields
 * @param size bytes of the body
 * @param bodyFrom returns the body from a byte offset, read on demand
 */
public record StoredResult(JobResult head, long size, LongFunction<Flux<byte[]>> bodyFrom) {

    /** The whole body. */
    public Flux<byte[]> body() {
        return body(0);
    }

    /**
     * Returns the body without its first {@code from} bytes, which are skipped without being read but for a part of one
     * piece; empty at the end of the body and beyond.
     */
    public Flux<byte[]> body(long from) {
        if (from < 0) {
            throw new IllegalArgumentException("a body has no byte " + from);
        }
        return from >= size ? Flux.empty() : bodyFrom.apply(from);
    }
}
