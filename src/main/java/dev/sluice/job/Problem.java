package dev.sluice.job;

import java.util.Locale;

/**
 * The problem types of RFC 9457 that the gateway answers with or fails jobs with, each identified by
 * {@code urn:sluice:problem:<name>}. This is the only list of them.
 */
public enum Problem {
    NO_ROUTE(404, "No route takes this request", false),
    NO_JOB(404, "There is no such job", false),
    METHOD_NOT_ALLOWED(405, "The route does not take this method", false),
    WRONG_TOKEN(403, "The token is not that of the job", false),
    NOT_RUNNING(409, "The attempt is not running any more", false),
    NO_GROUP(404, "There is no such group", false),
    GROUP_CLOSED(409, "The group takes no more jobs", false),
    NOT_FAILED(409, "Only a failed job can be redriven", false),
    ALREADY_FINISHED(409, "What has ended cannot be cancelled", false),
    JOB_EXPIRED(410, "The job or group is no longer kept", false),
    JOB_CANCELLED(410, "The job was cancelled", false),
    OFFSET_GONE(410, "The output has no such offset any more", false),
    BODY_TOO_LARGE(413, "The request body is larger than the route takes", false),
    RANGE_NOT_SATISFIABLE(416, "The result has no such range", false),
    UNSUPPORTED_MEDIA_TYPE(415, "The route does not take this media type", false),
    BAD_REQUEST(400, "The request cannot be understood", false),
    BAD_HEADER(400, "A request header has a value that cannot be used", false),
    IDEMPOTENCY_KEY_MISSING(400, "The route requires an Idempotency-Key", false),
    CONFIGURATION_UNUSABLE(422, "The configuration cannot be used", false),
    IDEMPOTENCY_KEY_REUSED(422, "The Idempotency-Key was used for another request", false),
    RATE_LIMITED(429, "This client sends too many requests", true),
    CALLBACK_REFUSED(400, "Callbacks to this URL are not allowed", false),
    DEADLINE_UNATTAINABLE(503, "The deadline cannot be met", true),
    QUEUE_FULL(503, "The queue is full", true),
    JOURNAL_UNAVAILABLE(503, "The request cannot be put on stable storage", true),
    DRAINING(503, "The gateway is shutting down", true),
    INTERNAL_ERROR(500, "The gateway made a mistake", false),

    BACKEND_STATUS(502, "The backend answered with an error", true),
    BACKEND_UNREACHABLE(502, "The backend could not be reached", true),
    BACKEND_PROTOCOL_ERROR(502, "The backend's answer was not valid HTTP or was cut short", false),
    BACKEND_ANSWER_TOO_LARGE(502, "The backend's answer is larger than the route takes", false),
    OUTCOME_UNKNOWN(502, "The attempt was interrupted and may or may not have had an effect", false),
    ROUTE_GONE(502, "The job's route is no longer configured", false),
    BACKEND_TIMEOUT(504, "The backend did not answer in time", true),
    DEADLINE_EXCEEDED(504, "The job's deadline passed", false);

    private final int status;
    private final String title;
    private final boolean retryable;
    private final String text = name().toLowerCase(Locale.ROOT).replace('_', '-');

    Problem(int status, String title, boolean retryable) {
        this.status = status;
        this.title = title;
        this.retryable = retryable;
    }

    /** The HTTP status it is answered with. */
    public int status() {
        return status;
    }

    /** What is wrong, the same for every occurrence. */
    public String title() {
        return title;
    }

    /** Whether repeating the same request is safe and may help, unless more is known of the occurrence. */
    public boolean retryable() {
        return retryable;
    }

    /** The name, the last part of {@link #type()}. */
    public String text() {
        return text;
    }

    /** The URI that identifies the problem. */
    public String type() {
        return "urn:sluice:problem:" + text;
    }
}
