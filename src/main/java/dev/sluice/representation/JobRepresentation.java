package dev.sluice.representation;

import dev.sluice.job.Job;
import org.jspecify.annotations.Nullable;

/**
 * Says how clients are shown a job and whatever is answered in its place: status, header fields and body. It decides nothing
 * else: which of these responses is due, what of it depends on the request (preferences, conditions, framing) and how it is
 * sent is up to the handlers. Implementations are immutable and quick; they are called on event loops.
 */
public interface JobRepresentation {

    /** The request was accepted as a job and will be answered later. */
    RenderedResponse accepted(JobView job);

    /** The job as it stands. */
    RenderedResponse status(JobView job);

    /** The client has the status of {@link #entityTag} already. */
    RenderedResponse unchanged(JobView job);

    /** The job is finished, and its route redirects to the result instead of showing the status. */
    RenderedResponse seeResult(JobView job);

    /** The job was cancelled, now or before. */
    RenderedResponse cancelled(JobView job);

    /** The result was asked for and the job is unfinished. */
    RenderedResponse unfinished(JobView job);

    /**
     * The job is finished and no backend answered.
     *
     * @return the problem to answer with in place of the result
     */
    ProblemException withoutResult(Job job);

    /** The request is answered with a problem. Fields that belong to this occurrence are added by the caller. */
    RenderedResponse problem(ProblemDocument problem);

    /** The tag of the status as it stands, for conditional requests; null if the status has none. */
    @Nullable
    String entityTag(Job job);

    /** The value of {@code Link} in a response of the backend that is sent as that to the request itself. */
    String directLink(JobView job);

    /** The value of {@code Link} in a response of the backend that is sent as the result. */
    String resultLink(JobView job);
}
