package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.MemoryGroup;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;
import reactor.netty.ByteBufFlux;

/** Promise 8 in the smallest container: what lies outside the heap is bounded, too, and the kernel kills nothing. */
class SmallContainerTest {

    private static final long MEMORY = 384L << 20; // as the README says
    private static final int UPLOADS = 96;
    private static final Duration LIMIT = Duration.ofSeconds(240);

    @TempDir
    Path directory;

    @Test
    @Timeout(300)
    void manyUploadsAtOnce() throws Exception {
        List<String> settings = List.of("--sluice.routes.up.path=/up", "--sluice.routes.up.backend=http://127.0.0.1:1");
        try (MemoryGroup group =
                        MemoryGroup.of("sluice-" + ProcessHandle.current().pid(), MEMORY);
                GatewayProcess gateway = GatewayProcess.ready(GatewayProcess.launch(directory, settings, group))) {
            Client client = new Client(gateway.url(), UPLOADS);
            byte[] piece = new byte[95_000];

            List<Integer> answers = Flux.range(0, UPLOADS)
                    .flatMap(
                            upload -> client.http()
                                    .headers(fields -> fields.set("Content-Length", 100 * piece.length))
                                    .post()
                                    .uri("/up")
                                    .send(ByteBufFlux.fromInbound(
                                            Flux.range(0, 100).map(n -> piece)))
                                    .responseSingle((head, body) -> body.asString()
                                            .thenReturn(head.status().code())),
                            UPLOADS)
                    .collectList()
                    .block(LIMIT);

            assertThat(answers).hasSize(UPLOADS).containsOnly(202);
        }
    }
}
