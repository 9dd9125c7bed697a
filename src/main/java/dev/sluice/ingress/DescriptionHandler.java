package dev.sluice.ingress;

import dev.sluice.http.HeaderNames;
import dev.sluice.http.HeaderValues;
import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.ingress.header.EntityTags;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.util.AsciiString;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.springframework.util.DigestUtils;
import reactor.core.publisher.Mono;

/** The OpenAPI description of the public URLs, with the paths that they have here. */
final class DescriptionHandler {

    private static final String RESOURCE = "/openapi/public.json";
    private static final AsciiString FOR_A_WHILE = AsciiString.cached("max-age=300");

    private final byte[] document;
    private final String tag;

    DescriptionHandler(OwnPaths own) {
        document = read().replace("\"/jobs/", "\"" + own.jobs() + "/")
                .replace("\"/groups", "\"" + own.groups())
                .getBytes(StandardCharsets.UTF_8);
        tag = "\"" + DigestUtils.md5DigestAsHex(document) + "\"";
    }

    /** GET and HEAD. */
    Mono<Void> show(Exchange exchange) {
        exchange.response().with(HeaderNames.ETAG, tag).with(HeaderNames.CACHE_CONTROL, FOR_A_WHILE);
        return EntityTags.match(exchange.fields(HttpHeaderNames.IF_NONE_MATCH), tag)
                ? exchange.response().send(304)
                : exchange.response().send(200, HeaderValues.JSON, document);
    }

    private static String read() {
        try (InputStream in = DescriptionHandler.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException(RESOURCE + " is not in the jar");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
