package dev.sluice.journal;

import dev.sluice.job.JobRequest;
import reactor.core.publisher.Flux;

/**
 * A stored request.
 *
 * @param head all but the body; without credentials if they have been erased, see {@link Credentials#areGone}
 * @param size bytes of the body
 * @param body the body, read on demand
 */
public record StoredRequest(JobRequest head, long size, Flux<byte[]> body) {}
