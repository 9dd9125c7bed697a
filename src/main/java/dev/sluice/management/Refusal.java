package dev.sluice.management;

import dev.sluice.job.Problem;
import org.springframework.http.HttpHeaders;

/** A request of an operator is answered with a problem. */
final class Refusal extends RuntimeException {

    private final Problem problem;
    private final String detail;
    private final transient HttpHeaders fields = new HttpHeaders();

    /**
     * Refuses.
     *
     * @param detail what was wrong, what was expected, what to do
     */
    Refusal(Problem problem, String detail) {
        super(problem.text() + ": " + detail, null, false, false);
        this.problem = problem;
        this.detail = detail;
    }

    /** A query parameter cannot be used. */
    static Refusal parameter(String name, String expected) {
        return new Refusal(Problem.BAD_REQUEST, "The query parameter " + name + " " + expected + ".");
    }

    static Refusal noJob() {
        return new Refusal(
                Problem.NO_JOB,
                "There is no job of this id, or it was erased so long ago that nothing is known of it any more.");
    }

    static Refusal expired() {
        return new Refusal(Problem.JOB_EXPIRED, "The job was erased, and its request with it.");
    }

    static Refusal methodNotAllowed(String method, String allowed) {
        return new Refusal(
                        Problem.METHOD_NOT_ALLOWED, "This URL does not take " + method + "; it takes " + allowed + ".")
                .with(HttpHeaders.ALLOW, allowed);
    }

    /** Adds a header field to the answer. */
    Refusal with(String name, String value) {
        fields.add(name, value);
        return this;
    }

    Problem problem() {
        return problem;
    }

    String detail() {
        return detail;
    }

    HttpHeaders fields() {
        return fields;
    }
}
