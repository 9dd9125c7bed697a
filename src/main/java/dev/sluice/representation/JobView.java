package dev.sluice.representation;

import dev.sluice.job.Estimate;
import dev.sluice.job.Job;
import org.jspecify.annotations.Nullable;

/**
 * A job as one client sees it now.
 *
 * @param position its position in the queue, from 1; 0 if it is not waiting or the position is unknown
 * @param estimate when it is expected to start and finish; null if that is unknown
 * @param retryAfter seconds after which the client should look again; 0 for a finished job
 * @param origin scheme and authority under which the client sees the gateway, such as {@code https://gateway.example}; empty
 *     if they are unknown
 * @param prefix path prefix under which the client sees the gateway; empty for none
 */
public record JobView(
        Job job, long position, @Nullable Estimate estimate, long retryAfter, String origin, String prefix) {

    /** A view for responses that say nothing of the queue. */
    public JobView(Job job, String origin, String prefix) {
        this(job, 0, null, 0, origin, prefix);
    }
}
