package dev.sluice.backend;

import dev.sluice.job.JobId;
import dev.sluice.job.JobRequest;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/**
 * One request: an attempt of a job, or a request that is passed through while its client waits.
 *
 * @param job the job of the attempt; null if it is passed through
 * @param attempt the number of the attempt, from 1; 0 if it is passed through
 * @param head the client's request without its body
 * @param size bytes of the body; -1 if it is known only at its end
 * @param body the body, byte for byte; that of an attempt can be subscribed to more than once
 * @param trailers whether trailers of the response are wanted
 * @param heartbeat where the backend may report progress; null if it may not
 * @param once whether the backend must not receive it twice, not even with an idempotent method
 */
public record BackendRequest(
        @Nullable JobId job,
        int attempt,
        JobRequest head,
        long size,
        Flux<byte[]> body,
        boolean trailers,
        @Nullable Heartbeat heartbeat,
        boolean once) {

    /** An attempt of a job that may have several. */
    public BackendRequest(
            JobId job, int attempt, JobRequest head, long size, Flux<byte[]> body, @Nullable Heartbeat heartbeat) {
        this(job, attempt, head, size, body, false, heartbeat, false);
    }

    /** A request that is passed through. */
    public static BackendRequest passedThrough(JobRequest head, long size, Flux<byte[]> body, boolean trailers) {
        return new BackendRequest(null, 0, head, size, body, trailers, null, false);
    }

    /** The same request with its body from another source. */
    BackendRequest withBody(Flux<byte[]> body) {
        return new BackendRequest(job, attempt, head, size, body, trailers, heartbeat, once);
    }
}
