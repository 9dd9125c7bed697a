package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.backend.ScriptedServer;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

/** What the gateway promises over HTTP holds behind nginx and Apache httpd with the samples of {@code config/}. */
@Timeout(180)
class ReverseProxyTest {

    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final int MIB = 1024 * 1024;

    @TempDir
    static Path directory;

    private static RecordingBackend backend;
    private static GatewayProcess gateway;

    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(LIMIT)
            .build();

    private enum Kind {
        NGINX,
        APACHE;

        ReverseProxy before(String server) throws IOException {
            Path own = directory.resolve(name());
            return this == NGINX ? ReverseProxy.nginx(own, server) : ReverseProxy.apache(own, server);
        }

        ReverseProxy behindPrefix(String server) throws IOException {
            Path own = directory.resolve(name() + "-prefix");
            return this == NGINX
                    ? ReverseProxy.nginxBehindPrefix(own, server)
                    : ReverseProxy.apacheBehindPrefix(own, server);
        }
    }

    @BeforeAll
    static void start() throws IOException {
        backend = new RecordingBackend();
        gateway = GatewayProcess.start(
                directory,
                List.of(
                        "--sluice.ingress.trusted-proxies=127.0.0.1/32",
                        "--sluice.routes.held.path=/async-operation/held/**",
                        "--sluice.routes.held.backend=" + backend.url() + "/held",
                        "--sluice.routes.any.path=/async-operation/**",
                        "--sluice.routes.any.backend=" + backend.url()));
    }

    @AfterAll
    static void stop() {
        gateway.close();
        backend.close();
    }

    /** The backend answers only when two events have come through: one that is held back, or compressed, never comes. */
    @ParameterizedTest
    @EnumSource
    void eventsComeAsTheyHappen(Kind kind) throws Exception {
        try (ReverseProxy proxy = kind.before(gateway.url())) {
            String path = "/async-operation/held/" + kind;
            HttpResponse<String> accepted = send(request(proxy, path).POST(BodyPublishers.ofString("{}")));
            assertThat(accepted.statusCode()).isEqualTo(202);
            String job = accepted.headers().firstValue("Location").orElseThrow();
            assertThat(job).startsWith("/jobs/");
            assertThat(send(request(proxy, job)).statusCode()).isEqualTo(200);

            HttpResponse<InputStream> events = client.send(
                    request(proxy, job + "/events")
                            .header("Accept-Encoding", "gzip, br")
                            .build(),
                    BodyHandlers.ofInputStream());
            assertThat(events.headers().firstValue("Content-Encoding")).isEmpty();
            List<String> names = new ArrayList<>();
            try (BufferedReader lines =
                    new BufferedReader(new InputStreamReader(events.body(), StandardCharsets.UTF_8))) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    if (line.startsWith("event: ")) {
                        names.add(line.substring("event: ".length()));
                        if (names.equals(List.of("accepted", "started"))) {
                            backend.release("/held" + path);
                        }
                    }
                }
            }
            assertThat(names).containsExactly("accepted", "started", "succeeded");
            HttpResponse<String> end = send(request(proxy, job + "/events").header("Last-Event-ID", "3"));
            assertThat(end.statusCode()).isEqualTo(204);
        }
    }

    @ParameterizedTest
    @EnumSource
    void bodiesOfAnySizePassBothWays(Kind kind) throws Exception {
        byte[] large = new byte[9 * MIB];
        Arrays.fill(large, (byte) 'x');
        BodyPublisher unknownLength = BodyPublishers.fromPublisher(BodyPublishers.ofByteArray(large));
        try (ReverseProxy proxy = kind.before(gateway.url())) {
            for (BodyPublisher body : List.of(BodyPublishers.ofByteArray(large), unknownLength)) {
                HttpResponse<String> accepted = send(request(proxy, "/async-operation/large")
                        .expectContinue(true)
                        .POST(body));
                assertThat(accepted.statusCode()).isEqualTo(202);
                String job = accepted.headers().firstValue("Location").orElseThrow();
                send(request(proxy, job + "/events")); // which ends with the job
                assertThat(send(request(proxy, job + "/result")).body()).hasSize(large.length);
                HttpRequest.Builder part = request(proxy, job + "/result").header("Range", "bytes=10-19");
                HttpRequest.Builder direct = HttpRequest.newBuilder(URI.create(gateway.url() + job + "/result"))
                        .header("Range", "bytes=10-19");
                assertThat(send(part).statusCode()).isEqualTo(send(direct).statusCode());
            }
            HttpResponse<String> refused =
                    send(request(proxy, "/async-operation/large").POST(BodyPublishers.ofByteArray(new byte[11 * MIB])));
            assertThat(refused.statusCode()).isEqualTo(413);
            assertThat(refused.body()).contains("urn:sluice:problem:body-too-large");
        }
    }

    @ParameterizedTest
    @EnumSource
    void targetsReachTheBackendAsTheyWereSentWithWhereTheyCameFrom(Kind kind) throws Exception {
        String target = "/async-operation/a%2Fb//c%3Bd%20e;f=1/%E2%82%AC%25?q=%2F&r=a+b&s=%26";
        try (ReverseProxy proxy = kind.before(gateway.url())) {
            HttpResponse<String> accepted = send(request(proxy, target).POST(BodyPublishers.ofString("{}")));
            assertThat(accepted.statusCode()).isEqualTo(202);
            String job = accepted.headers().firstValue("Location").orElseThrow();
            send(request(proxy, job + "/events"));
            assertThat(backend.callsOf(job.substring("/jobs/".length())))
                    .singleElement()
                    .satisfies(call -> {
                        assertThat(call.target()).isEqualTo(target);
                        assertThat(call.headers().get("X-Forwarded-For")).isEqualTo("127.0.0.1, 127.0.0.1");
                        assertThat(call.headers().get("X-Forwarded-Proto")).isEqualTo("http");
                        assertThat(call.headers().get("X-Forwarded-Host"))
                                .isEqualTo(URI.create(proxy.url()).getAuthority());
                    });
        }
    }

    @ParameterizedTest
    @EnumSource
    void behindAPrefixLinksHold(Kind kind) throws Exception {
        try (ReverseProxy proxy = kind.behindPrefix(gateway.url())) {
            HttpResponse<String> accepted =
                    send(request(proxy, "/sluice/async-operation/a%2Fb?c=%2F").POST(BodyPublishers.ofString("{}")));
            assertThat(accepted.statusCode()).isEqualTo(202);
            String job = accepted.headers().firstValue("Location").orElseThrow();
            assertThat(job).startsWith("/sluice/jobs/");
            assertThat(accepted.body()).contains("\"" + job + "/events\"");
            assertThat(send(request(proxy, job + "/events")).body()).contains("event: succeeded");
            assertThat(send(request(proxy, job + "/result")).body()).isEqualTo("{}");
            assertThat(backend.callsOf(job.substring("/sluice/jobs/".length())))
                    .singleElement()
                    .satisfies(call -> {
                        assertThat(call.target()).isEqualTo("/async-operation/a%2Fb?c=%2F");
                        assertThat(call.headers().get("X-Forwarded-Prefix")).isEqualTo("/sluice");
                    });
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatAClientSaysOfItselfIsDropped(Kind kind) throws Exception {
        BlockingQueue<HttpHeaders> seen = new LinkedBlockingQueue<>();
        DisposableServer server = HttpServer.create()
                .host("127.0.0.1")
                .port(0)
                .handle((request, response) -> {
                    seen.add(request.requestHeaders().copy());
                    return response.sendString(Mono.just("ok")).then();
                })
                .bindNow();
        try (ReverseProxy proxy = kind.before("http://127.0.0.1:" + server.port())) {
            send(request(proxy, "/jobs/x")
                    .header("Forwarded", "for=6.6.6.6")
                    .header("X-Forwarded-For", "6.6.6.6")
                    .header("X-Forwarded-Host", "evil.example")
                    .header("X-Forwarded-Prefix", "/evil")
                    .header("X-Forwarded-Proto", "gopher"));
            HttpHeaders headers = seen.poll(LIMIT.toSeconds(), TimeUnit.SECONDS);
            String authority = proxy.url().substring("http://".length());
            assertThat(headers.getAll("Host")).containsExactly(authority);
            assertThat(headers.getAll("X-Forwarded-For")).containsExactly("127.0.0.1");
            assertThat(headers.getAll("X-Forwarded-Host")).containsExactly(authority);
            assertThat(headers.getAll("X-Forwarded-Proto")).containsExactly("http");
            assertThat(headers.contains("X-Forwarded-Prefix")).isFalse();
            assertThat(headers.contains("Forwarded")).isFalse();
        } finally {
            server.disposeNow();
        }
    }

    /** Its reader sees each piece, and that it broke off: a part is never taken for the whole. */
    @ParameterizedTest
    @EnumSource
    void outputBreaksOffWhereTheGatewayBreaksItOff(Kind kind) throws Exception {
        CountDownLatch seen = new CountDownLatch(1);
        try (ScriptedServer breaking = new ScriptedServer(conversation -> {
                    conversation.request();
                    conversation.say("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                            + "Cache-Control: no-store, no-transform\r\nX-Accel-Buffering: no\r\n"
                            + "Transfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n");
                    seen.await();
                });
                ReverseProxy proxy = kind.before(breaking.uri())) {
            HttpRequest.Builder request = request(proxy, "/jobs/x/output").header("Accept-Encoding", "gzip, br");
            InputStream output =
                    client.send(request.build(), BodyHandlers.ofInputStream()).body();
            try (BufferedReader lines = new BufferedReader(new InputStreamReader(output, StandardCharsets.UTF_8))) {
                assertThat(lines.readLine()).isEqualTo("data: 1");
                assertThat(lines.readLine()).isEmpty();
                seen.countDown();
                assertThatThrownBy(lines::readLine).isInstanceOf(IOException.class);
            }
        } finally {
            seen.countDown();
        }
    }

    /** A restart is short: nginx sends readers away to come back, which keeps an EventSource, and neither holds it against the gateway. */
    @ParameterizedTest
    @EnumSource
    void aGatewayThatIsBackIsFoundAtOnce(Kind kind) throws Exception {
        DisposableServer gone = answering(0);
        gone.disposeNow();
        try (ReverseProxy proxy = kind.before("http://127.0.0.1:" + gone.port())) {
            HttpResponse<String> events = send(request(proxy, "/jobs/x/events"));
            if (kind == Kind.NGINX) {
                assertThat(events.statusCode()).isEqualTo(200);
                assertThat(events.headers().firstValue("Content-Type")).hasValue("text/event-stream");
                assertThat(events.body()).isEqualTo("retry: 2000\n");
            } else {
                assertThat(events.statusCode()).isEqualTo(503);
            }
            assertThat(send(request(proxy, "/jobs/x")).statusCode()).isIn(502, 503);
            DisposableServer back = answering(gone.port());
            try {
                assertThat(send(request(proxy, "/jobs/x")).body()).isEqualTo("ok");
            } finally {
                back.disposeNow();
            }
        }
    }

    private static DisposableServer answering(int port) {
        return HttpServer.create()
                .host("127.0.0.1")
                .port(port)
                .handle((request, response) ->
                        response.sendString(Mono.just("ok")).then())
                .bindNow();
    }

    private static HttpRequest.Builder request(ReverseProxy proxy, String target) {
        return HttpRequest.newBuilder(URI.create(proxy.url() + target)).timeout(LIMIT);
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return client.send(request.build(), BodyHandlers.ofString());
    }
}
