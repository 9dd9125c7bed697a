package dev.sluice.representation;

import dev.sluice.job.Problem;
import java.util.Locale;

/** The limits at which the gateway refuses requests, for operators: several share a problem. This is the only list of them. */
public enum Limit {
    /** Jobs of the route that wait. */
    ROUTE_QUEUE(Problem.QUEUE_FULL),
    /** Jobs of all routes that wait. */
    NODE_QUEUE(Problem.QUEUE_FULL),
    /** Deliveries of callbacks that wait. */
    CALLBACK_QUEUE(Problem.QUEUE_FULL),
    /** Space of the journal that is not kept for accepted jobs. */
    JOURNAL_SPACE(Problem.QUEUE_FULL),
    /** Requests that wait to be written or read by the journal. */
    JOURNAL_WORK(Problem.QUEUE_FULL),
    /** Memory for bodies on their way. */
    BODIES(Problem.QUEUE_FULL),
    /** Requests for jobs and results that are being answered. */
    READS(Problem.QUEUE_FULL),
    /** Requests that wait for a job to change or to end. */
    LONG_POLLS(Problem.QUEUE_FULL),
    /** Outputs that are being streamed. */
    STREAMS(Problem.QUEUE_FULL),
    /** Requests of one client in a time. */
    CLIENT_RATE(Problem.RATE_LIMITED),
    /** Unfinished jobs of one client. */
    CLIENT_JOBS(Problem.RATE_LIMITED);

    private final Problem problem;
    private final String text = name().toLowerCase(Locale.ROOT).replace('_', '-');

    Limit(Problem problem) {
        this.problem = problem;
    }

    /** The problem that a refused request is answered with. */
    public Problem problem() {
        return problem;
    }

    /** The name for operators. */
    public String text() {
        return text;
    }
}
