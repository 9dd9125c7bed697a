package dev.sluice.ingress.header;

import dev.sluice.job.Problem;
import dev.sluice.representation.ProblemException;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;

/** Being told of the end of a job. */
public final class CallbackHeader {

    public static final AsciiString NAME = AsciiString.cached("Sluice-Callback");

    private CallbackHeader() {}

    /**
     * Refuses to promise a call that nobody would make.
     *
     * @throws ProblemException {@code callback-refused} if the request asks for one
     */
    public static void refuse(HttpHeaders request) {
        if (request.contains(NAME)) {
            throw new ProblemException(
                    Problem.CALLBACK_REFUSED,
                    "The operator of this gateway allows no callbacks; send the request without " + NAME
                            + " and look at the job's status or events instead.");
        }
    }
}
