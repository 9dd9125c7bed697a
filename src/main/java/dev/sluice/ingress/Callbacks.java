package dev.sluice.ingress;

import dev.sluice.job.Problem;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;

/** Being told of the end of a job. */
final class Callbacks {

    static final AsciiString NAME = AsciiString.cached("Sluice-Callback");

    private Callbacks() {}

    /**
     * Refuses to promise a call that nobody would make.
     *
     * @throws Refusal {@code callback-refused} if the request asks for one
     */
    static void refuse(HttpHeaders request) {
        if (request.contains(NAME)) {
            throw new Refusal(
                    Problem.CALLBACK_REFUSED,
                    "The operator of this gateway allows no callbacks; send the request without " + NAME
                            + " and look at the job's status or events instead.");
        }
    }
}
