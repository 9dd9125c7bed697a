package dev.sluice.demo;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/** A page that sends a request through the gateway and shows the events of its job: a few small files, held in memory. */
final class DemoPage {

    private static final String ROOT = "/demo";

    /** Allows nothing but its own files, so that no content of a job can run or load anything. */
    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
            + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private record File(String type, byte[] bytes) {}

    private final Map<String, File> files = Map.of(
            ROOT + "/", read("index.html", "text/html; charset=utf-8"),
            ROOT + "/page.css", read("page.css", "text/css; charset=utf-8"),
            ROOT + "/page.js", read("page.js", "text/javascript; charset=utf-8"),
            ROOT + "/batch.js", read("batch.js", "text/javascript; charset=utf-8"),
            ROOT + "/favicon.svg", read("favicon.svg", "image/svg+xml"));

    /** Whether a request is for the page or one of its files. */
    boolean has(HttpServerRequest request) {
        if (!request.uri().startsWith(ROOT)) {
            return false;
        }
        String path = path(request);
        return (path.equals(ROOT) || files.containsKey(path))
                && (request.method().equals(HttpMethod.GET) || request.method().equals(HttpMethod.HEAD));
    }

    Mono<Void> answer(HttpServerRequest request, HttpServerResponse response) {
        File file = files.get(path(request));
        if (file == null) {
            // Relative, so that it is also valid behind a path prefix.
            return response.status(308)
                    .header(HttpHeaderNames.LOCATION, "demo/")
                    .send()
                    .then();
        }
        response.header(HttpHeaderNames.CONTENT_TYPE, file.type)
                .header(HttpHeaderNames.CONTENT_LENGTH, Integer.toString(file.bytes.length))
                .header(HttpHeaderNames.CACHE_CONTROL, "no-cache")
                .header("Content-Security-Policy", POLICY)
                .header("Referrer-Policy", "no-referrer")
                .header("X-Content-Type-Options", "nosniff");
        return request.method().equals(HttpMethod.HEAD)
                ? response.send().then()
                : response.sendObject(Unpooled.wrappedBuffer(file.bytes)).then();
    }

    private static String path(HttpServerRequest request) {
        int query = request.uri().indexOf('?');
        return query < 0 ? request.uri() : request.uri().substring(0, query);
    }

    private static File read(String name, String type) {
        try (InputStream in = DemoPage.class.getResourceAsStream("/demo/" + name)) {
            if (in == null) {
                throw new IllegalStateException("demo/" + name + " is not in the class path");
            }
            return new File(type, in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
