package dev.sluice.journal;

import dev.sluice.job.JobRequest;
import reactor.core.publisher.Flux;

/**
 * A stored request.
 *
 * @param head all but the body; without its credentials if they are gone, as {@link Credentials#areGone} says
 * @param size bytes of the body
 * @param body the body, read while it is consumed
 */
public record StoredRequest(JobRequest head, long size, Flux<byte[]> body) {}
