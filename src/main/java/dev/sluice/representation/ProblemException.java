package dev.sluice.representation;

import dev.sluice.http.HeaderNames;
import dev.sluice.job.Failure;
import dev.sluice.job.Problem;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Ends a request with a problem. Has no stack trace, because under overload it is the usual case. */
public final class ProblemException extends RuntimeException {

    private final transient Failure failure;
    private final transient List<CharSequence> fields = new ArrayList<>(2);
    private final @Nullable Limit limit;
    private boolean closing;

    /**
     * Creates the problem of a limit that was reached.
     *
     * @param detail which one, and what to do; for the client
     */
    public ProblemException(Limit limit, String detail) {
        this(new Failure(limit.problem(), detail), limit);
    }

    /**
     * Creates a problem.
     *
     * @param detail what was wrong, what was expected and what to do; for the client
     */
    public ProblemException(Problem problem, String detail) {
        this(new Failure(problem, detail));
    }

    /** Creates the problem of a failure. */
    public ProblemException(Failure failure) {
        this(failure, null);
    }

    private ProblemException(Failure failure, @Nullable Limit limit) {
        super(failure.problem().text(), null, false, false);
        this.failure = failure;
        this.limit = limit;
    }

    @Override
    public String getMessage() {
        return failure.problem().text() + ": " + failure.detail();
    }

    /** Adds a header field to the response. */
    public ProblemException with(CharSequence name, CharSequence value) {
        fields.add(name);
        fields.add(value);
        return this;
    }

    /** Adds {@code Retry-After} in whole seconds, at least one. */
    public ProblemException retryAfter(Duration wait) {
        return with(HeaderNames.RETRY_AFTER, Long.toString(Math.max(1, wait.toSeconds())));
    }

    /** Closes the connection after the response; public listener only. */
    public ProblemException closing() {
        closing = true;
        return this;
    }

    public Problem problem() {
        return failure.problem();
    }

    public Failure failure() {
        return failure;
    }

    /** The limit that was reached; null if the problem is another one. */
    public @Nullable Limit limit() {
        return limit;
    }

    public boolean closes() {
        return closing;
    }

    /** Names and values in turn. */
    public List<CharSequence> fields() {
        return fields;
    }
}
