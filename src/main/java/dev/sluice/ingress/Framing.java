package dev.sluice.ingress;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.util.List;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/**
 * Refuses messages whose end another party on the way could see elsewhere, and versions that are not spoken here. Answered
 * without a body, and the connection is closed, because where the next message begins is in doubt.
 */
final class Framing {

    private Framing() {}

    static boolean refuses(HttpServerRequest request) {
        return status(request) != 200;
    }

    static Mono<Void> refuse(HttpServerRequest request, HttpServerResponse response) {
        return response.status(status(request))
                .header(Fields.CONTENT_LENGTH, "0")
                .keepAlive(false)
                .send();
    }

    private static int status(HttpServerRequest request) {
        int major = request.version().majorVersion();
        if (major != 1) {
            return major == 2 ? 200 : 505;
        }
        if (request.method().equals(HttpMethod.CONNECT)) {
            return 501;
        }
        HttpHeaders fields = request.requestHeaders();
        if (!fields.contains(HttpHeaderNames.TRANSFER_ENCODING)) {
            return 200;
        }
        List<String> codings = fields.getAll(HttpHeaderNames.TRANSFER_ENCODING);
        if (codings.size() != 1 || !codings.get(0).strip().equalsIgnoreCase("chunked")) {
            return 501; // RFC 9112, 6.1
        }
        boolean old = request.version().minorVersion() == 0;
        return old || fields.contains(HttpHeaderNames.CONTENT_LENGTH) ? 400 : 200;
    }
}
