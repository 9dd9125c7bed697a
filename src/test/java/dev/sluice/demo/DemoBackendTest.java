package dev.sluice.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

class DemoBackendTest {

    private final HttpClient client = HttpClient.newHttpClient();
    private final DemoBackend backend = DemoBackend.start(0, Duration.ZERO, new CallCounter(), true);

    @AfterEach
    void stop() {
        backend.close();
    }

    @Test
    void theUsualAnswerEchoesTheRequest() throws Exception {
        HttpResponse<String> answer =
                call(request("/a%2Fb?x=%22\\u0022", 1).method("PURGE", BodyPublishers.ofString("hello")));

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/json");
        assertThat(answer.body())
                .isEqualTo(
                        "{\"method\":\"PURGE\",\"target\":\"/a%2Fb?x=%22%5Cu0022\",\"job\":\"j1\",\"attempt\":1,\"size\":5}\n");
    }

    @Test
    void nothingInARequestCanBreakTheJson() {
        assertThat(Echo.json("A\"", "/\\\"\n\u00e4", "\u2028", 2, 0))
                .isEqualTo(
                        "{\"method\":\"A\\u0022\",\"target\":\"/\\u005c\\u0022\\u000a\\u00e4\",\"job\":\"\\u2028\",\"attempt\":2,\"size\":0}\n");
    }

    @Test
    void itReportsProgressWhileItWaitsIfItIsToldWhereAndAsked() throws Exception {
        Queue<String> reports = new ConcurrentLinkedQueue<>();
        DisposableServer gateway = HttpServer.create()
                .host("127.0.0.1")
                .port(0)
                .handle((request, response) -> request.receive()
                        .aggregate()
                        .asString()
                        .doOnNext(body -> reports.add(request.uri() + " " + body))
                        .then(response.status(reports.size() % 2 == 0 ? 204 : 409)
                                .send()))
                .bindNow();
        try {
            String url = "http://127.0.0.1:" + gateway.port() + "/jobs/1/progress?token=t";
            for (String query : new String[] {"delay=1s&progress=true", "delay=300ms", "progress=true"}) {
                HttpResponse<String> answer = call(request("/x?" + query, 1).header("Sluice-Progress", url));
                assertThat(answer.statusCode()).isEqualTo(200);
                assertThat(answer.body()).doesNotContain("token");
            }
            assertThat(reports)
                    .hasSizeBetween(1, 10)
                    .first()
                    .isEqualTo("/jobs/1/progress?token=t {\"percent\":10,\"message\":\"step 1 of 10\"}");
        } finally {
            gateway.disposeNow();
        }
        assertThat(call(request("/x?delay=300ms&progress=true", 1)).statusCode())
                .isEqualTo(200);
        assertThat(call(request("/x?delay=300ms&progress=true", 1).header("Sluice-Progress", "http://127.0.0.1:1"))
                        .statusCode())
                .as("nobody hears it")
                .isEqualTo(200);
    }

    @Test
    void itSendsItsAnswerLaterIfItIsToldWhereAndAsked() throws Exception {
        BlockingQueue<String> answers = new LinkedBlockingQueue<>();
        DisposableServer gateway = HttpServer.create()
                .host("127.0.0.1")
                .port(0)
                .handle((request, response) -> request.receive()
                        .aggregate()
                        .asString()
                        .doOnNext(body -> answers.add(request.uri() + " " + body))
                        .then(response.status(204).send()))
                .bindNow();
        try {
            String url = "http://127.0.0.1:" + gateway.port() + "/jobs/1/completion?token=t";
            HttpResponse<String> answer =
                    call(request("/x?delay=100ms&later=true", 1).header("Sluice-Completion", url));
            assertThat(answer.statusCode()).isEqualTo(202);
            assertThat(answer.headers().firstValue("Sluice-Completion")).hasValue("later");
            assertThat(answers.poll(20, TimeUnit.SECONDS)).startsWith("/jobs/1/completion?token=t {");
        } finally {
            gateway.disposeNow();
        }
        assertThat(call(request("/x?later=true", 1)).statusCode()).isEqualTo(200);
    }

    @Test
    void itDelays() throws Exception {
        long started = System.nanoTime();

        call(request("/x?delay=300ms", 1));

        assertThat(Duration.ofNanos(System.nanoTime() - started)).isGreaterThanOrEqualTo(Duration.ofMillis(300));
    }

    @Test
    void theFirstAttemptsFailOnDemand() throws Exception {
        for (int attempt = 1; attempt <= 4; attempt++) {
            assertThat(call(request("/x?fail=2&status=201", attempt)).statusCode())
                    .isEqualTo(attempt <= 2 ? 503 : 201);
        }
    }

    @Test
    void statusesAndSizesOnDemand() throws Exception {
        assertThat(call(request("/x?status=418", 1)).statusCode()).isEqualTo(418);
        assertThat(call(request("/x?status=204", 1)).body()).isEmpty();
        assertThat(call(request("/x?size=0B", 1)).body()).isEmpty();
        HttpResponse<String> large = call(request("/x?size=1MB", 1));
        assertThat(large.body()).hasSize(1024 * 1024);
        assertThat(large.headers().firstValue("Content-Length")).hasValue("1048576");
        HttpResponse<String> head = call(request("/x?size=1MB", 1).method("HEAD", BodyPublishers.noBody()));
        assertThat(head.headers().firstValue("Content-Length")).hasValue("1048576");
        assertThat(call(request("/x", 1)).statusCode()).isEqualTo(200);
    }

    @Test
    void itClosesOrHangsOnDemand() {
        assertThatThrownBy(() -> call(request("/x?close=true", 1)))
                .isInstanceOf(IOException.class)
                .isNotInstanceOf(HttpTimeoutException.class);
        assertThatThrownBy(() -> call(request("/x?hang=true", 1).timeout(Duration.ofMillis(300))))
                .isInstanceOf(HttpTimeoutException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "delay=soon",
                "delay=-1s",
                "delay=9999999999d",
                "status=99",
                "status=ok",
                "fail=-1",
                "size=-1MB",
                "size=big"
            })
    void whatItCannotReadIsNamed(String query) throws Exception {
        HttpResponse<String> answer = call(request("/x?" + query, 1));

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).isEqualTo(query.replaceFirst("=(.*)", " cannot be '$1'") + "\n");
    }

    @ParameterizedTest
    @CsvSource({
        "/demo/, text/html",
        "/demo/?x=1, text/html",
        "/demo/page.js, text/javascript",
        "/demo/page.css, text/css",
        "/demo/favicon.svg, image/svg+xml"
    })
    void thePageIsServedWithNothingButItsOwnFilesAllowed(String target, String type) throws Exception {
        HttpResponse<String> answer = call(HttpRequest.newBuilder(uri(target)));

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type").orElseThrow()).startsWith(type);
        assertThat(answer.headers().firstValue("Content-Security-Policy").orElseThrow())
                .contains("default-src 'none'")
                .doesNotContain("unsafe");
        assertThat(answer.body()).isNotEmpty().doesNotContain("https://");
        HttpResponse<String> head = call(HttpRequest.newBuilder(uri(target)).method("HEAD", BodyPublishers.noBody()));
        assertThat(head.headers().firstValueAsLong("Content-Length"))
                .hasValue(answer.body().getBytes(StandardCharsets.UTF_8).length);
    }

    @Test
    void thePageTakesNothingElse() throws Exception {
        HttpResponse<String> moved = call(HttpRequest.newBuilder(uri("/demo")));
        assertThat(moved.statusCode()).isEqualTo(308);
        assertThat(moved.headers().firstValue("Location")).hasValue("demo/");
        assertThat(call(HttpRequest.newBuilder(uri("/demo/other"))).body()).contains("\"target\":\"/demo/other\"");
        assertThat(call(HttpRequest.newBuilder(uri("/demo/")).POST(BodyPublishers.noBody()))
                        .body())
                .contains("\"method\":\"POST\"");
    }

    @Test
    void callsAreCounted() throws Exception {
        for (String job : new String[] {"a", "b", "a", "c", "a"}) {
            call(HttpRequest.newBuilder(uri("/x")).header("Sluice-Job", job));
        }
        call(HttpRequest.newBuilder(uri("/x")));

        String counted = "{\"calls\":6,\"jobs\":3,\"doubled\":1,\"untracked\":0}\n";
        assertThat(call(HttpRequest.newBuilder(uri("/demo/calls"))).body()).isEqualTo(counted);
        assertThat(call(HttpRequest.newBuilder(uri("/demo/calls")).DELETE()).body())
                .isEqualTo(counted);
        assertThat(call(HttpRequest.newBuilder(uri("/demo/calls"))).body())
                .isEqualTo("{\"calls\":0,\"jobs\":0,\"doubled\":0,\"untracked\":0}\n");
    }

    @Test
    void aMillionJobsAreToldApart() {
        CallCounter counter = new CallCounter();
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < 1_000_000; i++) {
                if (round == 0 || i % 10 == 0) {
                    counter.count("01k9zzzzzz" + i);
                }
            }
        }
        assertThat(counter.json())
                .isEqualTo("{\"calls\":1100000,\"jobs\":1000000,\"doubled\":100000,\"untracked\":0}\n");
    }

    @Test
    void itListensOnLoopbackOnly() throws Exception {
        for (NetworkInterface network : Collections.list(NetworkInterface.getNetworkInterfaces())) {
            for (InetAddress address : Collections.list(network.getInetAddresses())) {
                if (!address.isLoopbackAddress()) {
                    assertThatThrownBy(() -> new Socket(address, backend.port()).close())
                            .isInstanceOf(IOException.class);
                }
            }
        }
        assertThat(call(request("/x", 1)).statusCode()).isEqualTo(200);
    }

    private URI uri(String target) {
        return URI.create("http://127.0.0.1:" + backend.port() + target.replace("\\", "%5C"));
    }

    private HttpRequest.Builder request(String target, int attempt) {
        return HttpRequest.newBuilder(uri(target))
                .header("Sluice-Job", "j1")
                .header("Sluice-Attempt", Integer.toString(attempt));
    }

    private HttpResponse<String> call(HttpRequest.Builder request) throws Exception {
        return client.send(request.build(), BodyHandlers.ofString());
    }
}
