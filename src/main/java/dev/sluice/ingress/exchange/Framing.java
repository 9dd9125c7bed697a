package dev.sluice.ingress.exchange;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpVersion;
import java.util.List;
import org.springframework.http.HttpMethod;

/**
 * Detects requests whose end other recipients on the way could see elsewhere (request smuggling), and unsupported versions. They
 * are answered without a body and the connection is closed, because it is unclear where the next request begins. Netty's
 * {@code HttpUtil} takes a request for chunked as soon as one of its codings is, whatever the others are, and gives a handshake
 * of the WebSocket drafts before RFC 6455 a body of eight bytes, of which no length speaks.
 */
public final class Framing {

    private static final HttpMethod CONNECT = HttpMethod.valueOf("CONNECT");

    private Framing() {}

    /** The status of the response to such a request; 200 for all others. */
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
            return hasUnannouncedBody(fields) ? 400 : 200;
        }
        List<String> codings = fields.getAll(HttpHeaderNames.TRANSFER_ENCODING);
        if (codings.size() != 1 || !codings.get(0).strip().equalsIgnoreCase("chunked")) {
            return 501; // RFC 9112, 6.1
        }
        boolean old = version.minorVersion() == 0;
        return old || fields.contains(HttpHeaderNames.CONTENT_LENGTH) ? 400 : 200;
    }

    private static boolean hasUnannouncedBody(HttpHeaders fields) {
        return fields.contains(HttpHeaderNames.SEC_WEBSOCKET_KEY1)
                && fields.contains(HttpHeaderNames.SEC_WEBSOCKET_KEY2)
                && !fields.contains(HttpHeaderNames.CONTENT_LENGTH);
    }
}
