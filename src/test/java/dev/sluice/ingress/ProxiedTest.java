package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Headers;
import dev.sluice.job.JobId;
import dev.sluice.job.JobRequest;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

/** Behind a proxy: what it says of the client is believed if it is trusted, and links are right where the client stands. */
class ProxiedTest {

    private static final String SAID = "\nX-Forwarded-For: 203.0.113.9\nX-Forwarded-Proto: https"
            + "\nX-Forwarded-Host: shop.example\nX-Forwarded-Prefix: /api\nForwarded: for=203.0.113.9;proto=https;host=shop.example";

    private static Listeners trusting;
    private static Listeners suspicious;

    @BeforeAll
    static void start() {
        trusting = listeners("127.0.0.0/8");
        suspicious = listeners("192.0.2.0/24");
    }

    private static Listeners listeners(String trusted) {
        return new Listeners(
                "sluice.ingress.trusted-proxies=" + trusted,
                "sluice.routes.shop.path=/work",
                "sluice.routes.shop.host=shop.example",
                "sluice.routes.shop.backend=http://localhost:1",
                "sluice.routes.work.path=/{what:wor.}",
                "sluice.routes.work.backend=http://localhost:1");
    }

    @AfterAll
    static void stop() {
        trusting.close();
        suspicious.close();
    }

    private static Wire.Reply accepted(Listeners listeners) throws IOException {
        return Wire.call(
                listeners.port(), "POST /work HTTP/1.1\nHost: inner\nContent-Length: 2" + SAID, "hi".getBytes());
    }

    @Test
    void linksStandBehindThePrefixThatTheProxyTakesAway() throws IOException {
        Wire.Reply reply = accepted(trusting);
        JobId id = Listeners.id(reply);
        assertThat(reply.json().get("route").asString())
                .as("that of the host the client asked for")
                .isEqualTo("shop");
        String self = "/api/jobs/" + id;
        assertThat(reply.field("Location")).isEqualTo(self);
        assertThat(reply.field("Link")).startsWith("<" + self + ">; rel=\"status\"");
        assertThat(reply.json().get("links").get("events").asString()).isEqualTo(self + "/events");
        String operation = "https://shop.example" + self + "/operation";
        assertThat(reply.field("Operation-Location")).isEqualTo(operation);

        trusting.answer(trusting.claim("shop"), 200, null, Headers.NONE, Flux.just("ok".getBytes()));
        Wire.Reply job = Wire.call(trusting.port(), "GET /jobs/" + id + " HTTP/1.1\nHost: inner" + SAID);
        assertThat(job.json().get("links").get("result").asString()).isEqualTo(self + "/result");
        Wire.Reply result = Wire.call(trusting.port(), "GET /jobs/" + id + "/result HTTP/1.1\nHost: inner" + SAID);
        assertThat(result.field("Link")).isEqualTo("<" + self + ">; rel=\"status\"");
        Wire.Reply done = Wire.call(trusting.port(), "GET /jobs/" + id + "/operation HTTP/1.1\nHost: inner" + SAID);
        assertThat(done.json().get("resourceLocation").asString()).isEqualTo("https://shop.example" + self + "/result");
        Wire.Reply events = Wire.call(trusting.port(), "GET /jobs/" + id + "/events HTTP/1.1\nHost: inner" + SAID);
        assertThat(events.text()).contains("\"self\":\"" + self + "\"");
        Wire.Reply direct = Wire.call(trusting.port(), "GET /jobs/" + id + " HTTP/1.1\nHost: inner");
        assertThat(direct.json().get("links").get("self").asString()).isEqualTo("/jobs/" + id);
    }

    @Test
    void whatATrustedProxySaysIsKeptForTheBackend() throws IOException {
        JobId id = Listeners.id(accepted(trusting));
        JobRequest request = trusting.request(id).head();
        assertThat(request.headers().all("X-Forwarded-For")).containsExactly("203.0.113.9");
        assertThat(request.headers().all("Forwarded")).containsExactly("for=203.0.113.9;proto=https;host=shop.example");
        assertThat(request.origin().client()).isEqualTo("127.0.0.1");
        trusting.journal().cancel(id).block();
    }

    @Test
    void aStrangerIsNotBelieved() throws IOException {
        Wire.Reply reply = accepted(suspicious);
        JobId id = Listeners.id(reply);
        assertThat(reply.field("Location")).isEqualTo("/jobs/" + id);
        assertThat(reply.json().get("route").asString())
                .as("the host it asked for")
                .isEqualTo("work");
        assertThat(suspicious.request(id).head().headers().fields())
                .noneMatch(field -> field.name().toLowerCase().contains("forwarded"));
        assertThat(reply.field("Operation-Location")).isEqualTo("http://inner/jobs/" + id + "/operation");
        suspicious.journal().cancel(id).block();
    }

    @Test
    void onlyATrustedProxySteersTheBackend() throws IOException {
        for (Listeners listeners : new Listeners[] {trusting, suspicious}) {
            JobId id = Listeners.id(
                    Wire.call(
                            listeners.port(),
                            "POST /work HTTP/1.1\nHost: inner\nX-Original-URL: /admin\nX-Real-IP: 1.1.1.1\nProxy: evil:1\nX-HTTP-Method-Override: DELETE\nContent-Length: 0"));
            String names = listeners.request(id).head().headers().fields().toString();
            for (String name : new String[] {"X-Original-URL", "X-Real-IP", "Proxy", "X-HTTP-Method-Override"}) {
                assertThat(names.contains(name)).as(name).isEqualTo(listeners == trusting);
            }
            listeners.journal().cancel(id).block();
        }
    }
}
