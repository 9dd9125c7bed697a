package dev.sluice.backend;

import dev.sluice.job.JobId;
import dev.sluice.job.JobRequest;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/**
 * One request: an attempt of a job, or one that is passed through while its client waits.
 *
 * @param job the job it is for; null if it is passed through
 * @param attempt its number, from 1; 0 if it is passed through
 * @param head what the client sent, but for the body
 * @param size bytes of the body; -1 if that is known only at its end
 * @param body the body, byte for byte; that of an attempt can be had more than once
 * @param trailers whether somebody has use for trailers of the answer
 * @param lifeline where the backend may report progress; null if it may not
 * @param once whether the backend must not get it twice, not even where that would change nothing
 */
public record BackendRequest(
        @Nullable JobId job,
        int attempt,
        JobRequest head,
        long size,
        Flux<byte[]> body,
        boolean trailers,
        @Nullable Lifeline lifeline,
        boolean once) {

    /** An attempt, one of several if need be. */
    public BackendRequest(
            JobId job, int attempt, JobRequest head, long size, Flux<byte[]> body, @Nullable Lifeline lifeline) {
        this(job, attempt, head, size, body, false, lifeline, false);
    }

    /** A request that is passed through. */
    public static BackendRequest passedThrough(JobRequest head, long size, Flux<byte[]> body, boolean trailers) {
        return new BackendRequest(null, 0, head, size, body, trailers, null, false);
    }

    /** The same with the same body from somewhere else. */
    BackendRequest withBody(Flux<byte[]> body) {
        return new BackendRequest(job, attempt, head, size, body, trailers, lifeline, once);
    }
}
