package dev.sluice.management;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import org.springframework.http.CacheControl;
import org.springframework.http.MediaType;
import org.springframework.util.DigestUtils;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** Serves the OpenAPI description of this listener. */
final class OpenApi {

    private static final String RESOURCE = "/openapi/management.json";
    private static final CacheControl FOR_A_WHILE = CacheControl.maxAge(Duration.ofMinutes(5));

    private final byte[] document = read();
    private final String tag = "\"" + DigestUtils.md5DigestAsHex(document) + "\"";

    Mono<ServerResponse> show(ServerRequest request) {
        return request.checkNotModified(tag)
                .switchIfEmpty(ServerResponse.ok()
                        .contentType(MediaType.APPLICATION_JSON)
                        .eTag(tag)
                        .cacheControl(FOR_A_WHILE)
                        .bodyValue(document));
    }

    private static byte[] read() {
        try (InputStream in = OpenApi.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException(RESOURCE + " is not in the jar");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
