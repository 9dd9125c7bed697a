package dev.sluice.representation;

import dev.sluice.http.HeaderNames;
import dev.sluice.http.HeaderValues;
import dev.sluice.job.Failure;
import dev.sluice.job.Job;
import dev.sluice.job.JobState;
import dev.sluice.job.Problem;
import org.jspecify.annotations.Nullable;

/** The gateway's own representation: JSON, as sections 2 to 5 of the HTTP contract describe it. */
class SluiceRepresentation implements JobRepresentation {

    private final JobJson json;

    SluiceRepresentation(JobJson json) {
        this.json = json;
    }

    @Override
    public RenderedResponse accepted(JobView job) {
        JobLinks links = links(job);
        String self = links.self(job.job().id());
        return new RenderedResponse(202)
                .with(HeaderNames.LOCATION, self)
                .with(HeaderNames.LINK, link(self))
                .with(
                        HeaderNames.OPERATION_LOCATION,
                        job.origin() + links.operation(job.job().id()))
                .with(HeaderNames.CACHE_CONTROL, HeaderValues.NO_STORE)
                .retryAfter(job)
                .json(json(job));
    }

    @Override
    public RenderedResponse status(JobView job) {
        return current(200, job).json(json(job));
    }

    @Override
    public RenderedResponse unchanged(JobView job) {
        return current(304, job);
    }

    final RenderedResponse current(int status, JobView job) {
        RenderedResponse response = new RenderedResponse(status).with(HeaderNames.CACHE_CONTROL, HeaderValues.NO_CACHE);
        String tag = entityTag(job.job());
        if (tag != null) {
            response.with(HeaderNames.ETAG, tag);
        }
        return response.retryAfter(job);
    }

    @Override
    public RenderedResponse seeResult(JobView job) {
        return new RenderedResponse(303)
                .with(HeaderNames.CACHE_CONTROL, HeaderValues.NO_CACHE)
                .with(HeaderNames.LOCATION, links(job).result(job.job().id()));
    }

    @Override
    public RenderedResponse cancelled(JobView job) {
        return new RenderedResponse(200)
                .with(HeaderNames.CACHE_CONTROL, HeaderValues.NO_STORE)
                .json(json(job));
    }

    @Override
    public RenderedResponse unfinished(JobView job) {
        return new RenderedResponse(202)
                .with(HeaderNames.LOCATION, links(job).self(job.job().id()))
                .with(HeaderNames.CACHE_CONTROL, HeaderValues.NO_STORE)
                .retryAfter(job)
                .json(json(job));
    }

    @Override
    public ProblemException withoutResult(Job job) {
        if (job.state() == JobState.CANCELLED) {
            return new ProblemException(
                    Problem.JOB_CANCELLED, "The job was cancelled before the backend had answered.");
        }
        Failure failure = job.failure();
        return failure == null
                ? new ProblemException(Problem.INTERNAL_ERROR, "The job ended without an answer and without a reason.")
                : new ProblemException(failure);
    }

    @Override
    public RenderedResponse problem(ProblemDocument problem) {
        return new RenderedResponse(problem.status())
                .with(HeaderNames.CACHE_CONTROL, HeaderValues.NO_STORE)
                .body(HeaderValues.PROBLEM_JSON, problem.json());
    }

    /**
     * Follows the number of the last event that is not output. Weak, because estimates change without an event; and no tag
     * that a result can have, to which a client may be redirected.
     */
    @Override
    public @Nullable String entityTag(Job job) {
        return "W/\"j" + job.changedSeq() + "\"";
    }

    @Override
    public String directLink(JobView job) {
        return link(links(job).self(job.job().id()));
    }

    @Override
    public String resultLink(JobView job) {
        return "<" + links(job).self(job.job().id()) + ">; rel=\"status\"";
    }

    private static String link(String self) {
        return "<" + self + ">; rel=\"status\", <" + self + "/events>; rel=\"monitor\"";
    }

    private byte[] json(JobView job) {
        return json.behind(job.prefix()).job(job.job(), job.position(), job.estimate());
    }

    final JobLinks links(JobView job) {
        return json.links().behind(job.prefix());
    }
}
