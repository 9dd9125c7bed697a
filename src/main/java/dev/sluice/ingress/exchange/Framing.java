package dev.sluice.ingress.exchange;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpVersion;
import java.util.List;
import org.springframework.http.HttpMethod;

/**
 * Finds messages whose end another party on the way could see elsewhere, and versions that are not spoken here. They are
 * answered without a body, and the connection is closed, because where the next message begins is in doubt.
 */
public final class Framing {

    private static final HttpMethod CONNECT = HttpMethod.valueOf("CONNECT");

    private Framing() {}

    /** The status that such a message is answered with; 200 for all others. */
    static int status(NettyRequest request) {
        HttpVersion version = request.version();
        int major = version.majorVersion();
        if (major != 1) {
            return major == 2 ? 200 : 505;
        }
        if (request.getMethod().equals(CONNECT)) {
            return 501;
        }
        HttpHeaders fields = request.fields();
        if (!fields.contains(HttpHeaderNames.TRANSFER_ENCODING)) {
            return 200;
        }
        List<String> codings = fields.getAll(HttpHeaderNames.TRANSFER_ENCODING);
        if (codings.size() != 1 || !codings.get(0).strip().equalsIgnoreCase("chunked")) {
            return 501; // RFC 9112, 6.1
        }
        boolean old = version.minorVersion() == 0;
        return old || fields.contains(HttpHeaderNames.CONTENT_LENGTH) ? 400 : 200;
    }
}
