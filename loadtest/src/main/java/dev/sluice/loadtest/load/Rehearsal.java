package dev.sluice.loadtest.load;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/**
 * Plays a gateway that stores nothing, in this process: 202, then three events of which the last comes after a time. A load is
 * rehearsed on it, so that a cold gateway is not measured by a cold client, and what the load itself takes is known.
 */
public final class Rehearsal implements AutoCloseable {

    private final Duration work;
    private final AtomicLong count = new AtomicLong();
    private final DisposableServer server;

    public Rehearsal(Duration work) {
        this.work = work;
        this.server = HttpServer.create()
                .host("127.0.0.1")
                .port(0)
                .handle(this::handle)
                .bindNow();
    }

    public URI base() {
        return URI.create("http://127.0.0.1:" + server.port());
    }

    private Mono<Void> handle(HttpServerRequest request, HttpServerResponse response) {
        if (request.uri().startsWith("/jobs/")) {
            return events(response);
        }
        return request.receive()
                .then(Mono.defer(() -> response.status(202)
                        .header("Location", "/jobs/" + count.incrementAndGet())
                        .sendString(Mono.just("{}"))
                        .then()));
    }

    private Mono<Void> events(HttpServerResponse response) {
        String at = "\"at\":\"2026-01-01T00:00:00.000Z\"";
        Flux<String> first = Flux.just(
                "id: 1\nevent: accepted\ndata: {" + at + "}\n\nid: 2\nevent: started\ndata: {" + at + "}\n\n");
        // The time of the request would be needed to end exactly in time; so it is told a little late, as by a gateway.
        Flux<String> last = Mono.delay(work)
                .map(tick -> "id: 3\nevent: succeeded\ndata: {" + at + "}\n\n")
                .flux();
        return response.header("Content-Type", "text/event-stream")
                .send(first.concatWith(last).map(Rehearsal::bytes), piece -> true)
                .then();
    }

    private static ByteBuf bytes(String text) {
        return Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.US_ASCII));
    }

    @Override
    public void close() {
        server.disposeNow(Duration.ofSeconds(5));
    }
}
