package dev.sluice.ingress;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.backend.ScriptedServer;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.client.HttpClient;
import reactor.test.StepVerifier;

/** Synchronous routes for clients that speak HTTP/2. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PassThroughHttp2Test {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final String OK = "HTTP/1.1 200 OK\r\nX-A: 1\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok";

    private volatile ScriptedServer.Script script = conversation -> {};
    private ScriptedServer backend;
    private Listeners listeners;
    private HttpClient client;

    @BeforeAll
    void start() throws IOException {
        backend = new ScriptedServer(conversation -> script.serve(conversation));
        listeners = new Listeners(
                "server.http2.enabled=true",
                "sluice.routes.any.path=/x",
                "sluice.routes.any.mode=sync",
                "sluice.routes.any.backend=" + backend.uri());
        client = HttpClient.newConnection().protocol(HttpProtocol.H2C).baseUrl("http://127.0.0.1:" + listeners.port());
    }

    @AfterAll
    void stop() throws IOException {
        listeners.close();
        backend.close();
    }

    @AfterEach
    void check() {
        assertThat(backend.failures).isEmpty();
        backend.heads.clear();
    }

    @Test
    void aRequestWithoutABodyHasNone() {
        script = conversation -> {
            conversation.head();
            conversation.say(OK);
        };

        StepVerifier.create(client.get().uri("/x?y").responseSingle((head, body) -> {
                    assertThat(head.responseHeaders().get("x-a")).isEqualTo("1");
                    return body.asString();
                }))
                .expectNext("ok")
                .expectComplete()
                .verify(LIMIT);

        assertThat(backend.heads.get(0))
                .startsWith("GET /x?y HTTP/1.1\r\n")
                .contains("X-Forwarded-Host: 127.0.0.1:" + listeners.port())
                .doesNotContainIgnoringCase("transfer-encoding")
                .doesNotContainIgnoringCase("content-length")
                .doesNotContainIgnoringCase("x-http2-");
    }

    @Test
    void aBodyOfUnknownLengthIsSentInChunks() {
        script = conversation -> {
            assertThat(conversation.head()).containsIgnoringCase("transfer-encoding: chunked");
            StringBuilder body = new StringBuilder();
            while (!body.toString().endsWith("0\r\n\r\n")) {
                body.append((char) conversation.in.read());
            }
            assertThat(body.toString().replaceAll("\r\n|\\d", "")).isEqualTo("onetwo");
            conversation.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
                    + "2\r\nok\r\n0\r\n\r\n");
        };

        StepVerifier.create(client.post()
                        .uri("/x")
                        .send((request, out) -> out.send(
                                Flux.just("one", "two").map(text -> Unpooled.wrappedBuffer(text.getBytes(ISO_8859_1)))))
                        .responseSingle((head, body) -> body.asString()))
                .expectNext("ok")
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void anAnswerThatIsCutShortIsAnError() {
        script = conversation -> {
            conversation.request();
            conversation.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
        };

        StepVerifier.create(client.get().uri("/x").responseContent().asString().collectList())
                .expectError()
                .verify(LIMIT);
    }

    @Test
    void aClientThatGoesFreesTheBackend() throws Exception {
        CountDownLatch arrived = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        script = conversation -> {
            conversation.request();
            arrived.countDown();
            conversation.awaitClose();
            closed.countDown();
        };

        Disposable call = client.get().uri("/x").response().then(Mono.never()).subscribe();
        assertThat(arrived.await(10, TimeUnit.SECONDS)).isTrue();
        call.dispose();

        assertThat(closed.await(5, TimeUnit.SECONDS)).isTrue();
    }
}
