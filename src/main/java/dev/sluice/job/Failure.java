package dev.sluice.job;

/**
 * Why an attempt or a job failed: a problem and what can be said of this occurrence.
 *
 * @param problem the kind
 * @param detail what was wrong, what was expected and what to do, written for a person; contains no class name, path or
 *     secret
 * @param retryable whether repeating the same request is safe and may help, which may differ from what holds for most
 *     problems of the kind
 */
public record Failure(Problem problem, String detail, boolean retryable) {

    /** Creates a failure that is as retryable as its kind. */
    public Failure(Problem problem, String detail) {
        this(problem, detail, problem.retryable());
    }
}
