package dev.sluice.ingress.header;

import dev.sluice.callbacks.Receivers;
import dev.sluice.job.Problem;
import dev.sluice.representation.ProblemException;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The {@code Sluice-Callback} field: a URL that is told of the end of the job or group. */
public final class CallbackHeader {

    static final AsciiString NAME = AsciiString.cached("Sluice-Callback");

    private CallbackHeader() {}

    /**
     * Reads the field.
     *
     * @return the URL; null if there is no field
     * @throws ProblemException {@code callback-refused} if callbacks to that URL are not allowed, or there are several
     */
    public static @Nullable String read(HttpHeaders request, Receivers receivers) {
        if (!request.contains(NAME)) {
            return null;
        }
        List<String> urls = request.getAll(NAME);
        if (urls.size() > 1 && !receivers.none()) {
            throw new ProblemException(
                    Problem.CALLBACK_REFUSED, "There is more than one " + NAME + "; send one, of one URL.");
        }
        return receivers.require(urls.get(0));
    }
}
