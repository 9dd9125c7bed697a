package dev.sluice.ingress.header;

import dev.sluice.job.Problem;
import dev.sluice.representation.ProblemException;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;

/** The {@code Sluice-Callback} field: a URL to be called when the job finishes. */
public final class CallbackHeader {

    static final AsciiString NAME = AsciiString.cached("Sluice-Callback");

    private CallbackHeader() {}

    /**
     * Refuses a request that asks for a callback, as this gateway makes no callbacks.
     *
     * @throws ProblemException {@code callback-refused} if the field is present
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
