package dev.sluice.loadtest.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

class LargeBodiesTest {

    private static final long SIZE = 5 * 1024 * 1024 + 3;

    private final LargeBodies bodies = new LargeBodies();

    @Test
    void sendsAndReadsAsManyBytesAsWereMeant() throws Exception {
        AtomicLong received = new AtomicLong();
        DisposableServer server = HttpServer.create()
                .host("127.0.0.1")
                .port(0)
                .route(routes -> routes.post(
                                "/up",
                                (request, response) -> request.receive()
                                        .doOnNext(piece -> received.addAndGet(piece.readableBytes()))
                                        .then(response.status(202).send()))
                        .get(
                                "/down",
                                (request, response) -> response.sendObject(
                                                Mono.just(Unpooled.wrappedBuffer("123456789".getBytes())))
                                        .then())
                        .get(
                                "/gone",
                                (request, response) -> response.status(410).send()))
                .bindNow(Duration.ofSeconds(10));
        try {
            URI base = URI.create("http://127.0.0.1:" + server.port());
            assertThat(bodies.upload(base.resolve("/up"), SIZE)).isEqualTo(202);
            assertThat(received.get()).isEqualTo(SIZE).isEqualTo(bodies.uploaded());
            assertThat(bodies.download(base.resolve("/down"))).isEqualTo(new LargeBodies.Download(200, 9, 0xcbf43926L));
            assertThat(bodies.download(base.resolve("/gone")).status()).isEqualTo(410);
            assertThat(bodies.downloaded()).isEqualTo(9);
        } finally {
            server.disposeNow(Duration.ofSeconds(10));
        }
    }
}
