package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ingress.Listeners;
import dev.sluice.ingress.Wire;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Promise 13: on a route with {@code fair-by}, what one tenant sends delays another's job by one of its jobs at most. */
@Timeout(60)
class FairTurnsTest {

    private static final int MANY = 300;

    @Test
    void aSingleJobOvertakesThoseOfABusyTenant() throws IOException, InterruptedException {
        try (RecordingBackend backend = new RecordingBackend();
                Listeners gateway = Listeners.dispatching(
                        "sluice.routes.fair.path=/fair/**",
                        "sluice.routes.fair.strip-prefix=1",
                        "sluice.routes.fair.backend=" + backend.url(),
                        "sluice.routes.fair.fair-by=X-Tenant",
                        "sluice.routes.fair.concurrency=1");
                Wire wire = new Wire(gateway.port())) {
            accept(wire, "/fair/held", "busy");
            backend.awaitCalls("/held", 1);
            for (int i = 0; i < MANY; i++) {
                accept(wire, "/fair/steady", "busy");
            }
            accept(wire, "/fair/steady", "quiet");
            accept(wire, "/fair/steady", "other");
            backend.release("/held");
            backend.awaitCalls("/steady", 3);
            assertThat(backend.callsTo("/steady").subList(0, 3))
                    .extracting(RecordingBackend.Call::body)
                    .containsExactlyInAnyOrder("busy", "quiet", "other");
        }
    }

    private static void accept(Wire wire, String path, String tenant) throws IOException {
        wire.send("POST " + path + " HTTP/1.1\nHost: g\nX-Tenant: " + tenant
                + "\nContent-Type: text/plain\nContent-Length: " + tenant.length() + "\n\n" + tenant);
        assertThat(wire.read().status()).isEqualTo(202);
    }
}
