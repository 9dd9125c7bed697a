package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.ByteBufFlux;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

/** Promise 8: no body is ever gathered whole in memory; what goes in comes out byte for byte. */
class LargeBodiesTest {

    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int CLIENTS = 16;
    private static final int PIECES = 12;
    private static final int PIECE = 1 << 20;
    private static final int HEAP = 128; // MiB: 16 × 12 MiB at once are half as much again

    @TempDir
    private Path directory;

    private final byte[] piece = new byte[PIECE];

    @Test
    void manyLargeBodiesAtOncePassThroughASmallHeap() throws Exception {
        new Random(11).nextBytes(piece);
        DisposableServer echo = HttpServer.create()
                .host("127.0.0.1")
                .port(0)
                .handle((request, response) ->
                        response.status(200).send(request.receive().retain()))
                .bindNow();
        try (GatewayProcess gateway = GatewayProcess.ready(GatewayProcess.launch(
                directory,
                List.of(
                        "--sluice.routes.large.path=/large",
                        "--sluice.routes.large.backend=http://127.0.0.1:" + echo.port(),
                        "--sluice.routes.large.concurrency=8",
                        "--sluice.routes.large.max-request=100MB",
                        "--sluice.routes.large.max-response=100MB",
                        "--sluice.routes.through.path=/through",
                        "--sluice.routes.through.mode=sync",
                        "--sluice.routes.through.backend=http://127.0.0.1:" + echo.port()),
                List.of("-Xmx" + HEAP + "m"),
                Map.of()))) {
            Client client = new Client(gateway.url());
            List<String> jobs = Flux.range(0, CLIENTS)
                    .flatMap(i -> upload(client), CLIENTS)
                    .collectList()
                    .block(LIMIT);
            assertThat(jobs).hasSize(CLIENTS).doesNotHaveDuplicates();
            Flux.fromIterable(jobs).flatMap(client::events, CLIENTS).blockLast(LIMIT);
            List<Long> results = Flux.fromIterable(jobs)
                    .flatMap(id -> download(client, id), CLIENTS)
                    .collectList()
                    .block(LIMIT);
            assertThat(results).hasSize(CLIENTS).containsOnly(expected());
            List<Long> echoes = Flux.range(0, CLIENTS)
                    .flatMap(i -> passThrough(client), CLIENTS)
                    .collectList()
                    .block(LIMIT);
            assertThat(echoes).hasSize(CLIENTS).containsOnly(expected());
        } finally {
            echo.disposeNow();
        }
    }

    private Mono<String> upload(Client client) {
        Flux<ByteBuf> body = Flux.range(0, PIECES).map(i -> Unpooled.wrappedBuffer(piece));
        return client.http()
                .post()
                .uri("/large")
                .send((request, out) -> out.send(body))
                .responseSingle((head, content) -> {
                    assertThat(head.status().code()).isEqualTo(202);
                    return Mono.just(head.responseHeaders().get("Location").substring("/jobs/".length()));
                });
    }

    /** Of unknown length, and back while it is still on its way. */
    private Mono<Long> passThrough(Client client) {
        Flux<ByteBuf> body = Flux.range(0, PIECES).map(i -> Unpooled.wrappedBuffer(piece));
        return client.http()
                .post()
                .uri("/through")
                .send((request, out) -> out.send(body))
                .response((head, content) -> {
                    assertThat(head.status().code()).isEqualTo(200);
                    return checksum(content);
                })
                .single();
    }

    private static Mono<Long> checksum(ByteBufFlux content) {
        return content.reduceWith(CRC32::new, (sum, bytes) -> {
                    sum.update(bytes.nioBuffer());
                    return sum;
                })
                .map(CRC32::getValue);
    }

    private static Mono<Long> download(Client client, String id) {
        return client.http()
                .get()
                .uri("/jobs/" + id + "/result")
                .response((head, content) -> {
                    assertThat(head.status().code()).isEqualTo(200);
                    assertThat(head.responseHeaders().get("Content-Length"))
                            .isEqualTo(String.valueOf((long) PIECES * PIECE));
                    return checksum(content);
                })
                .single();
    }

    private long expected() {
        CRC32 sum = new CRC32();
        for (int i = 0; i < PIECES; i++) {
            sum.update(piece);
        }
        return sum.getValue();
    }
}
