package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ingress.Listeners;
import dev.sluice.ingress.Transport;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.ssl.ApplicationProtocolNames;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.client.HttpClient;

/**
 * Section 8 over each kind of listener, and to backends with and without TLS: the backend reaches the gateway at the URL that it
 * was given, its answers are taken whichever version of HTTP it speaks, and its operations are polled.
 */
@Timeout(120)
class FinishingOverTransportsTest {

    private static final byte[] PIECE = new byte[100_000];
    private static final int PIECES = 10;

    @ParameterizedTest
    @EnumSource(Transport.class)
    void whatABackendHasTakenOverIsFinished(Transport transport) throws Exception {
        boolean secure = transport == Transport.TLS;
        TakingOverBackend backend = secure
                ? new TakingOverBackend("https", server -> server.secure(spec -> spec.sslContext(ServerKeys.server())))
                : new TakingOverBackend();
        List<String> settings = new ArrayList<>(ServerKeys.trusting("backend"));
        settings.add("sluice.routes.work.path=/{kind:polled|later}");
        settings.add("sluice.routes.work.backend=" + backend.url());
        settings.add("sluice.routes.work.follow=true");
        settings.add("sluice.routes.work.follow-cancel=true");
        settings.add("sluice.routes.work.attempts=1");
        if (secure) {
            settings.add("sluice.routes.work.tls=backend");
        }
        try (backend;
                Listeners gateway = Listeners.dispatching(transport, settings.toArray(String[]::new))) {
            String own = (secure ? "https" : "http") + "://localhost:" + gateway.port();
            Client usual = new Client(client(transport, false), own);
            String polled = accept(usual, "/polled");
            String dropped = accept(usual, "/polled");
            backend.awaitPolls(polled, 1);
            assertThat(usual.call("DELETE", "/jobs/" + dropped, "")
                            .block(Client.LIMIT)
                            .status())
                    .isEqualTo(200);
            backend.awaitDelete(dropped);
            backend.done(polled);
            assertThat(result(usual, polled)).isEqualTo("done");
            for (boolean newer : transport == Transport.PLAIN ? List.of(false) : List.of(false, true)) {
                HttpClient client = client(transport, newer);
                String later = accept(new Client(client, own), "/later");
                String url = backend.completion(later, 1);
                assertThat(url).startsWith(own + "/jobs/" + later);
                breakOff(client, url);
                Flux<byte[]> body = Flux.range(0, PIECES).map(piece -> PIECE);
                assertThat(complete(client, url, body)).isEqualTo(204);
                assertThat(complete(client, url, body)).as("a second one").isEqualTo(409);
                assertThat(result(new Client(client, own), later)).hasSize(PIECES * PIECE.length);
                assertThat(backend.calls("POST", later)).hasSize(1);
            }
        }
    }

    /** Closes the connection, or the stream, in the middle of the body. */
    private static void breakOff(HttpClient client, String url) throws InterruptedException {
        Semaphore sent = new Semaphore(0);
        Disposable half = upload(
                        client, url, Flux.range(0, 3).map(piece -> PIECE).concatWith(Flux.never()), sent)
                .subscribe(status -> {}, error -> {});
        assertThat(sent.tryAcquire(3, 30, TimeUnit.SECONDS)).isTrue();
        half.dispose();
    }

    private static int complete(HttpClient client, String url, Flux<byte[]> body) {
        return upload(client, url, body, new Semaphore(0)).block(Client.LIMIT);
    }

    private static Mono<Integer> upload(HttpClient client, String url, Flux<byte[]> body, Semaphore sent) {
        return client.headers(headers -> headers.set(HttpHeaderNames.CONTENT_LENGTH, PIECES * PIECE.length))
                .post()
                .uri(url)
                .send(body.doOnNext(piece -> sent.release()).map(Unpooled::wrappedBuffer))
                .response()
                .map(answer -> answer.status().code());
    }

    private static String accept(Client client, String path) {
        return client.call("POST", path, "")
                .block(Client.LIMIT)
                .json()
                .path("id")
                .asString();
    }

    private static String result(Client client, String job) {
        return client.get("/jobs/" + job + "/result", "Prefer", "wait=30")
                .block(Client.LIMIT)
                .body();
    }

    /** Of a version of HTTP that the listener knows. */
    private static HttpClient client(Transport transport, boolean newer) {
        HttpClient client = HttpClient.newConnection();
        if (transport != Transport.TLS) {
            return client.protocol(newer ? HttpProtocol.H2C : HttpProtocol.HTTP11);
        }
        String protocol = newer ? ApplicationProtocolNames.HTTP_2 : ApplicationProtocolNames.HTTP_1_1;
        return client.protocol(newer ? HttpProtocol.H2 : HttpProtocol.HTTP11)
                .secure(spec -> spec.sslContext(ServerKeys.client(protocol)));
    }
}
