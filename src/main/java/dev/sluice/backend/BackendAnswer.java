package dev.sluice.backend;

import dev.sluice.job.Headers;
import dev.sluice.job.JobResult;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * One answer, whose body is still on its way.
 *
 * @param head status and end-to-end fields, but for an answer to HEAD without {@code Content-Length}: whoever passes it on
 *     counts what it sends, or repeats {@code length}
 * @param length what {@code Content-Length} says; -1 if it is not there. An answer to HEAD, or a 304, says the length of a
 *     body that it does not have.
 * @param body to be consumed exactly once; it fails when the answer is cut short or too large
 * @param trailers the end-to-end fields behind the body, known when that has ended; none if nobody asked for them
 */
public record BackendAnswer(JobResult head, long length, Flux<byte[]> body, Mono<Headers> trailers) {}
