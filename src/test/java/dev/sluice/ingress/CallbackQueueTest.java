package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Headers;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

/** Receivers of callbacks that are away stop nothing but requests for more callbacks. */
class CallbackQueueTest {

    private static final String CALLBACK = "\nSluice-Callback: https://hooks.example.com/done";

    @Test
    void deliveriesThatWaitStopOnlyWhatWouldCauseMore() throws IOException {
        try (Listeners listeners = new Listeners(
                "sluice.queue.capacity=1",
                "sluice.callbacks.allowed-hosts=hooks.example.com",
                "sluice.callbacks.secrets=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                "sluice.routes.work.path=/work",
                "sluice.routes.work.backend=http://localhost:1")) {
            assertThat(post(listeners, "/work", CALLBACK).status()).isEqualTo(202);
            listeners.answer(listeners.claim("work"), 200, null, Headers.NONE, Flux.empty());

            for (String path : new String[] {"/work", "/groups"}) {
                Wire.Reply refused = post(listeners, path, CALLBACK);
                assertThat(refused.status()).as(path).isEqualTo(503);
                assertThat(refused.problem()).isEqualTo("queue-full");
                assertThat(Integer.parseInt(refused.field("Retry-After"))).isPositive();
                assertThat(post(listeners, path, "").status()).as(path).isBetween(201, 202);
            }
            assertThat(listeners.count("sluice.refused", "limit", "callback-queue"))
                    .isEqualTo(2);
        }
    }

    private static Wire.Reply post(Listeners listeners, String path, String fields) throws IOException {
        return Wire.call(listeners.port(), "POST " + path + " HTTP/1.1\nHost: g\nContent-Length: 0" + fields);
    }
}
