package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Headers;
import dev.sluice.job.JobId;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Flux;

/** What browsers let pages of other origins do, once the operator allows it. */
class CrossOriginTest {

    private static final String PAGE = "\nOrigin: https://app.example";

    private static Listeners listeners;

    @BeforeAll
    static void start() {
        listeners = new Listeners(
                "sluice.ingress.cors.allowed-origins=https://app.example",
                "sluice.routes.work.path=/work",
                "sluice.routes.work.backend=http://localhost:1",
                "sluice.routes.work.methods=POST,PUT",
                "sluice.routes.any.path=/any",
                "sluice.routes.any.backend=http://localhost:1");
    }

    @AfterAll
    static void stop() {
        listeners.close();
    }

    private static Wire.Reply preflight(String path, String method, String... fields) throws IOException {
        return Wire.call(
                listeners.port(),
                "OPTIONS " + path + " HTTP/1.1\nHost: g\nAccess-Control-Request-Method: " + method
                        + String.join("", fields));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/work                                | POST   | POST, PUT",
                "/work                                | DELETE | POST, PUT",
                "/any                                 | PATCH  | PATCH",
                "/nowhere                             | POST   | POST",
                "/jobs/01k9zv7m2c4w8h0t5x1q3r6y9a      | DELETE | GET, HEAD, DELETE",
                "/jobs/01k9zv7m2c4w8h0t5x1q3r6y9a/events | GET  | GET, HEAD, DELETE",
            })
    void aPreflightIsAnsweredByTheGateway(String path, String method, String allowed) throws IOException {
        Wire.Reply reply =
                preflight(path, method, PAGE, "\nAccess-Control-Request-Headers: content-type, idempotency-key");
        assertThat(reply.status()).isEqualTo(204);
        assertThat(reply.field("Access-Control-Allow-Origin")).isEqualTo("https://app.example");
        assertThat(reply.field("Access-Control-Allow-Methods").split(", "))
                .containsExactlyInAnyOrder(allowed.split(", "));
        assertThat(reply.field("Access-Control-Allow-Headers")).isEqualTo("content-type, idempotency-key");
        assertThat(reply.field("Vary")).isEqualTo("Origin");
        assertThat(listeners.journal().backlog().waiting()).isZero();
    }

    @Test
    void pagesOfOtherOriginsAreNotLetIn() throws IOException {
        Wire.Reply reply = preflight("/work", "POST", "\nOrigin: https://evil.example");
        assertThat(reply.status()).isEqualTo(204);
        assertThat(reply.field("Access-Control-Allow-Origin")).isNull();
        assertThat(reply.field("Access-Control-Allow-Methods")).isNull();
    }

    @Test
    void pagesMayReadWhatTheGatewaySays() throws IOException {
        Wire.Reply accepted =
                Wire.call(listeners.port(), "POST /work HTTP/1.1\nHost: g\nContent-Length: 2" + PAGE, "hi".getBytes());
        assertThat(accepted.status()).isEqualTo(202);
        assertThat(accepted.field("Access-Control-Allow-Origin")).isEqualTo("https://app.example");
        assertThat(accepted.field("Access-Control-Expose-Headers")).contains("Location", "Retry-After", "ETag");
        assertThat(accepted.all("Vary")).containsExactlyInAnyOrder("Origin", "Prefer");
        JobId id = Listeners.id(accepted);

        Wire.Reply refused = Wire.call(listeners.port(), "GET /work HTTP/1.1\nHost: g" + PAGE);
        assertThat(refused.status()).isEqualTo(405);
        assertThat(refused.field("Access-Control-Allow-Origin"))
                .as("a page may read why it was refused")
                .isEqualTo("https://app.example");

        Headers own = Headers.of("Access-Control-Allow-Origin", "*", "Content-Type", "text/plain");
        listeners.answer(listeners.claim("work"), 200, null, own, Flux.just("ok".getBytes()));
        Wire.Reply result = Wire.call(listeners.port(), "GET /jobs/" + id + "/result HTTP/1.1\nHost: g" + PAGE);
        assertThat(result.all("Access-Control-Allow-Origin"))
                .as("the gateway's word stands in for the backend's")
                .containsExactly("https://app.example");
        assertThat(result.text()).isEqualTo("ok");
    }

    @Test
    void anOptionsRequestThatIsNoPreflightGoesItsOwnWay() throws IOException {
        Wire.Reply reply = Wire.call(listeners.port(), "OPTIONS /any HTTP/1.1\nHost: g" + PAGE);
        assertThat(reply.status()).isEqualTo(202);
        listeners.journal().cancel(Listeners.id(reply)).block();
    }
}
