package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.InMemory;
import dev.sluice.ingress.Listeners;
import dev.sluice.ingress.Wire;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Promise 13: a client has no more unfinished jobs than its route allows, also after a restart. */
@Timeout(120)
class UnfinishedJobsTest {

    private static final int MOST = 1_000;

    @TempDir(factory = InMemory.class)
    Path directory;

    private Listeners gateway() {
        return new Listeners(
                "sluice.journal.type=rocksdb",
                "sluice.journal.path=" + directory,
                "sluice.routes.work.path=/work",
                "sluice.routes.work.backend=http://localhost:1",
                "sluice.routes.work.rate-limit.by=header:X-Client",
                "sluice.routes.work.rate-limit.in-flight=" + MOST);
    }

    private static String post(String client) {
        return "POST /work HTTP/1.1\nHost: g\nContent-Length: 0\nX-Client: " + client;
    }

    private static Wire.Reply send(Listeners gateway, String client, String more) throws IOException {
        return Wire.call(gateway.port(), post(client) + more);
    }

    @Test
    void theNextOneIsRefusedUntilOneHasFinished() throws IOException {
        String first;
        try (Listeners gateway = gateway();
                Wire wire = new Wire(gateway.port())) {
            wire.send(post("busy") + "\nIdempotency-Key: first\n\n");
            first = wire.read().job();
            for (int i = 1; i < MOST; i++) {
                wire.send(post("busy") + "\n\n");
                assertThat(wire.read().status()).isEqualTo(202);
            }
            assertThat(send(gateway, "busy", "").status()).isEqualTo(429);
        }
        try (Listeners gateway = gateway()) {
            double before = gateway.count("sluice.refused", "limit", "client-jobs");
            Wire.Reply refused = send(gateway, "busy", "");
            assertThat(refused.status()).isEqualTo(429);
            assertThat(refused.problem()).isEqualTo("rate-limited");
            assertThat(refused.field("Retry-After")).isNotNull();
            assertThat(refused.field("RateLimit-Policy")).isEqualTo("\"jobs\";q=1000;qu=\"concurrent-requests\"");
            assertThat(refused.field("RateLimit")).isEqualTo("\"jobs\";r=0;t=" + refused.field("Retry-After"));
            assertThat(gateway.count("sluice.refused", "limit", "client-jobs")).isEqualTo(before + 1);
            assertThat(send(gateway, "busy", "\nIdempotency-Key: first").job()).isEqualTo(first);
            assertThat(send(gateway, "quiet", "").status()).isEqualTo(202);

            assertThat(Wire.call(gateway.port(), "DELETE " + first + " HTTP/1.1\nHost: g")
                            .status())
                    .isEqualTo(200);
            assertThat(send(gateway, "busy", "").status()).isEqualTo(202);
            assertThat(send(gateway, "busy", "").status()).isEqualTo(429);
        }
    }
}
