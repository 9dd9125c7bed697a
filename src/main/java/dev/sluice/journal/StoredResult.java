package dev.sluice.journal;

import dev.sluice.job.JobResult;
import reactor.core.publisher.Flux;

/**
 * A stored answer.
 *
 * @param head status and fields
 * @param size bytes of the body
 * @param body the body, read while it is consumed
 */
public record StoredResult(JobResult head, long size, Flux<byte[]> body) {}
