package dev.sluice.ingress.problem;

import dev.sluice.http.HeaderNames;
import dev.sluice.job.Problem;
import dev.sluice.representation.Limit;
import dev.sluice.representation.ProblemException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** Problems that more than one handler responds with. */
public final class Problems {

    /** The {@code Retry-After} of a gateway that restarts, or lacks memory or disk space. */
    public static final Duration SOON = Duration.ofSeconds(5);

    /** When there may be space again: what frees it is an operator, or the end of the time for which results are kept. */
    private static final Duration LATER = Duration.ofSeconds(30);

    private Problems() {}

    public static ProblemException methodNotAllowed(String method, String allowed) {
        return new ProblemException(
                        Problem.METHOD_NOT_ALLOWED, "This path does not take " + method + "; it takes " + allowed + ".")
                .with(HeaderNames.ALLOW, allowed);
    }

    public static ProblemException draining() {
        return new ProblemException(
                        Problem.DRAINING, "This node of the gateway is about to stop and takes no new work. Try again.")
                .retryAfter(SOON)
                .closing();
    }

    public static ProblemException noJob() {
        return new ProblemException(
                Problem.NO_JOB,
                "There is no job of this id, or it was erased so long ago that nothing is known of it any more.");
    }

    public static ProblemException expired() {
        return new ProblemException(
                Problem.JOB_EXPIRED,
                "The job was erased, because the time it is kept for is over or because somebody asked for it.");
    }

    public static ProblemException noGroup() {
        return new ProblemException(
                Problem.NO_GROUP,
                "There is no group of this id, or it was erased so long ago that nothing is known of it any more.");
    }

    public static ProblemException groupClosed() {
        return new ProblemException(
                Problem.GROUP_CLOSED,
                "The group is closed and takes no more jobs; nothing was accepted. Create another one.");
    }

    public static ProblemException groupExpired() {
        return new ProblemException(
                Problem.JOB_EXPIRED,
                "The group was erased, because the time it is kept for is over or because somebody asked for it.");
    }

    public static ProblemException noSpace() {
        return new ProblemException(
                        Limit.JOURNAL_SPACE,
                        "The space that is left on stable storage is kept for the jobs that were accepted before; nothing was"
                                + " accepted. Try again later.")
                .retryAfter(LATER.plusSeconds(ThreadLocalRandom.current().nextLong(LATER.toSeconds())));
    }

    public static ProblemException tooManyCallbacks() {
        return new ProblemException(
                        Limit.CALLBACK_QUEUE,
                        "Too many callbacks wait for receivers that do not take them; nothing was accepted. Send the request"
                                + " without Sluice-Callback, or try again later.")
                .retryAfter(LATER.plusSeconds(ThreadLocalRandom.current().nextLong(LATER.toSeconds())));
    }

    public static ProblemException tooManyBodies() {
        return new ProblemException(
                        Limit.BODIES,
                        "More bodies are on their way than there is memory for; nothing was accepted. Try again.")
                .retryAfter(SOON);
    }

    public static ProblemException noRoom() {
        return new ProblemException(
                        Limit.BODIES,
                        "More is being uploaded, or waits for clients, than there is memory for, and nothing of this body"
                                + " came for a while; nothing was accepted. Try again.")
                .retryAfter(SOON)
                .closing();
    }

    public static ProblemException tooLarge(long limit) {
        return new ProblemException(
                Problem.BODY_TOO_LARGE,
                "The request body is larger than the " + limit + " bytes that this route takes; nothing was accepted.");
    }
}
