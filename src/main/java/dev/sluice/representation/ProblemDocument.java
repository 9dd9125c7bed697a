package dev.sluice.representation;

import dev.sluice.job.Failure;
import dev.sluice.job.Problem;
import org.jspecify.annotations.Nullable;

/**
 * A problem document (RFC 9457).
 *
 * @param type the URI that identifies the problem
 * @param title what is wrong, the same for every occurrence
 * @param status the HTTP status
 * @param detail what was wrong this time, what was expected and what to do; null for nothing
 * @param retryable whether repeating the same request is safe and may help
 */
public record ProblemDocument(
        String type, String title, int status, @Nullable String detail, boolean retryable) {

    /** The document of a problem that the gateway has a name for. */
    public static ProblemDocument of(Failure failure) {
        Problem problem = failure.problem();
        return new ProblemDocument(
                problem.type(), problem.title(), problem.status(), failure.detail(), failure.retryable());
    }

    /** The document of a problem that says no more than its status (RFC 9457, section 4.2.1). */
    public static ProblemDocument blank(int status, String title, @Nullable String detail) {
        return new ProblemDocument("about:blank", title, status, detail, false);
    }

    /** The document as JSON in UTF-8, on one line. */
    public byte[] json() {
        JsonWriter json = new JsonWriter().begin();
        writeTo(json);
        return json.end().bytes();
    }

    void writeTo(JsonWriter json) {
        json.member("type", type).member("title", title).member("status", status);
        if (detail != null) {
            json.member("detail", detail);
        }
        json.member("retryable", retryable);
    }
}
