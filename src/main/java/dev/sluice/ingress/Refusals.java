package dev.sluice.ingress;

import dev.sluice.job.Problem;

/** Refusals that more than one handler has use for. */
final class Refusals {

    private Refusals() {}

    static Refusal methodNotAllowed(String method, String allowed) {
        return new Refusal(
                        Problem.METHOD_NOT_ALLOWED, "This path does not take " + method + "; it takes " + allowed + ".")
                .with(Fields.ALLOW, allowed);
    }

    static Refusal draining() {
        return new Refusal(Problem.DRAINING, "The gateway is shutting down and takes no new work. Try again.")
                .retryAfter(Problems.SOON)
                .closing();
    }

    static Refusal noJob() {
        return new Refusal(
                Problem.NO_JOB,
                "There is no job of this id, or it was erased so long ago that nothing is known of it any more.");
    }

    static Refusal expired() {
        return new Refusal(
                Problem.JOB_EXPIRED,
                "The job was erased, because the time it is kept for is over or because somebody asked for it.");
    }

    static Refusal noRoom() {
        return new Refusal(
                        Problem.QUEUE_FULL,
                        "More is being uploaded, or waits for clients, than there is memory for, and nothing of this body"
                                + " came for a while; nothing was accepted. Try again.")
                .retryAfter(Problems.SOON)
                .closing();
    }

    static Refusal tooLarge(long limit) {
        return new Refusal(
                Problem.BODY_TOO_LARGE,
                "The request body is larger than the " + limit + " bytes that this route takes; nothing was accepted.");
    }
}
