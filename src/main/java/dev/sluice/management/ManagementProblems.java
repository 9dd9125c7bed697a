package dev.sluice.management;

import dev.sluice.http.HeaderNames;
import dev.sluice.job.Problem;
import dev.sluice.representation.ProblemException;

/** The problems that more than one handler of this listener answers with. */
final class ManagementProblems {

    private ManagementProblems() {}

    /** A query parameter cannot be used. */
    static ProblemException parameter(String name, String expected) {
        return new ProblemException(Problem.BAD_REQUEST, "The query parameter " + name + " " + expected + ".");
    }

    static ProblemException noJob() {
        return new ProblemException(
                Problem.NO_JOB,
                "There is no job of this id, or it was erased so long ago that nothing is known of it any more.");
    }

    static ProblemException expired() {
        return new ProblemException(Problem.JOB_EXPIRED, "The job was erased, and its request with it.");
    }

    static ProblemException methodNotAllowed(String method, String allowed) {
        return new ProblemException(
                        Problem.METHOD_NOT_ALLOWED, "This URL does not take " + method + "; it takes " + allowed + ".")
                .with(HeaderNames.ALLOW, allowed);
    }
}
