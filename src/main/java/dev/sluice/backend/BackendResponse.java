package dev.sluice.backend;

import dev.sluice.job.Headers;
import dev.sluice.job.JobResult;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * One response, whose body is still arriving.
 *
 * @param head status and end-to-end fields, without {@code Content-Length} except for HEAD: whoever forwards the response
 *     counts what it sends, or repeats {@code length}
 * @param length value of {@code Content-Length}; -1 if there is none. For HEAD and 304 it is the length of a body that is not
 *     sent.
 * @param body to be consumed exactly once; fails when the response is cut short or too large
 * @param trailers the end-to-end fields after the body, known at its end; empty if they were not asked for
 * @param elsewhere where a 202 says that the operation is shown, or a 303 that the response is: an absolute URL without fragment,
 *     on any server; null if it says nothing of the kind
 */
public record BackendResponse(
        JobResult head,
        long length,
        Flux<byte[]> body,
        Mono<Headers> trailers,
        @Nullable String elsewhere) {

    /** A response that is here. */
    public BackendResponse(JobResult head, long length, Flux<byte[]> body, Mono<Headers> trailers) {
        this(head, length, body, trailers, null);
    }
}
