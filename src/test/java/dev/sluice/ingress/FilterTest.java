package dev.sluice.ingress;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.backend.ScriptedServer;
import dev.sluice.ingress.Wire.Reply;
import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.ingress.exchange.NettyRequest;
import dev.sluice.ingress.forwarded.Caller;
import dev.sluice.ingress.forwarded.ClientOrigin;
import dev.sluice.job.JobId;
import dev.sluice.representation.JobRepresentation;
import dev.sluice.representation.Representations;
import dev.sluice.representation.Representations.Resource;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Publisher;
import org.springframework.context.annotation.Bean;
import org.springframework.core.annotation.Order;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseCookie;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpRequestDecorator;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.http.server.reactive.ServerHttpResponseDecorator;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebExceptionHandler;
import org.springframework.web.server.WebFilter;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Filters and error handlers of whoever extends the gateway work on the public listener as anywhere in WebFlux. */
@ParameterizedClass
@EnumSource(Transport.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FilterTest {

    private static final AtomicReference<ClientOrigin> ORIGIN = new AtomicReference<>();
    private static final AtomicReference<JobRepresentation> SHOWN = new AtomicReference<>();
    private static final AtomicReference<URI> SEEN = new AtomicReference<>();

    /** Each filter acts on requests with a field of its own. */
    static class Extension {

        @Bean
        @Order(0)
        WebFilter asking() {
            return (exchange, chain) -> {
                if (has(exchange, "X-Ask")) {
                    ORIGIN.set(ClientOrigin.of(exchange));
                }
                String user = exchange.getRequest().getHeaders().getFirst("X-User");
                if (user != null) {
                    Caller.set(exchange, user);
                }
                return chain.filter(exchange);
            };
        }

        @Bean
        @Order(0)
        WebFilter askingLate() {
            return (exchange, chain) -> has(exchange, "X-Ask-Late")
                    ? chain.filter(exchange).doOnError(error -> {
                        ClientOrigin.of(exchange);
                        SHOWN.set(Exchange.latest(exchange).response().representation());
                    })
                    : chain.filter(exchange);
        }

        @Bean
        @Order(1)
        WebFilter refusing() {
            return (exchange, chain) -> {
                if (!has(exchange, "X-Refused")) {
                    return chain.filter(exchange);
                }
                exchange.getResponse().setStatusCode(HttpStatus.FORBIDDEN);
                return exchange.getResponse().setComplete();
            };
        }

        @Bean
        @Order(2)
        WebFilter adding() {
            return (exchange, chain) -> {
                ServerHttpResponse response = exchange.getResponse();
                response.getHeaders().add("X-Filter", "early");
                response.addCookie(ResponseCookie.from("seen", "yes").build());
                response.beforeCommit(
                        () -> Mono.fromRunnable(() -> response.getHeaders().add("X-Filter", "late")));
                SEEN.set(exchange.getRequest().getURI());
                return chain.filter(exchange);
            };
        }

        @Bean
        @Order(3)
        WebFilter changing() {
            return (exchange, chain) -> {
                ServerHttpRequest request = exchange.getRequest();
                String path = request.getHeaders().getFirst("X-Path");
                if (path != null) {
                    request = request.mutate()
                            .path(path)
                            .headers(headers -> headers.remove("X-Path"))
                            .header("X-Tenant", "acme")
                            .build();
                }
                return chain.filter(exchange.mutate().request(request).build());
            };
        }

        @Bean
        @Order(4)
        WebFilter shouting() {
            return (exchange, chain) -> chain.filter(
                    has(exchange, "X-Shout")
                            ? exchange.mutate()
                                    .request(new Shout(exchange.getRequest()))
                                    .response(new Echo(exchange.getResponse()))
                                    .build()
                            : exchange);
        }

        @Bean
        @Order(5)
        WebFilter holding() {
            return (exchange, chain) -> chain.filter(
                    has(exchange, "X-Hold")
                            ? exchange.mutate()
                                    .response(new OwnFields(exchange.getResponse()))
                                    .build()
                            : exchange);
        }

        @Bean
        @Order(6)
        WebFilter failing() {
            return (exchange, chain) -> {
                if (has(exchange, "X-Teapot")) {
                    return Mono.error(new IllegalArgumentException("teapot"));
                } else if (has(exchange, "X-Busy")) {
                    throw new ResponseStatusException(HttpStatus.TOO_MANY_REQUESTS, "secret");
                }
                return chain.filter(exchange);
            };
        }

        @Bean
        @Order(7)
        WebFilter elsewhere() {
            return (exchange, chain) -> has(exchange, "X-Elsewhere")
                    ? Mono.delay(Duration.ofMillis(1), Schedulers.boundedElastic())
                            .then(chain.filter(exchange))
                    : chain.filter(exchange);
        }

        @Bean
        @Order(8)
        WebFilter refusingLate() {
            return (exchange, chain) -> {
                if (has(exchange, "X-Late")) {
                    exchange.getResponse().beforeCommit(() -> {
                        throw new ResponseStatusException(HttpStatus.GONE);
                    });
                }
                return chain.filter(exchange);
            };
        }

        @Bean
        @Order(-2)
        WebExceptionHandler teapots() {
            return (exchange, error) -> {
                if (!(error instanceof IllegalArgumentException)) {
                    return Mono.error(error);
                }
                exchange.getResponse().setStatusCode(HttpStatus.I_AM_A_TEAPOT);
                return exchange.getResponse().setComplete();
            };
        }

        private static boolean has(ServerWebExchange exchange, String name) {
            return exchange.getRequest().getHeaders().containsHeader(name);
        }
    }

    private static final class Shout extends ServerHttpRequestDecorator {
        Shout(ServerHttpRequest request) {
            super(request);
        }

        @Override
        public Flux<DataBuffer> getBody() {
            return super.getBody().map(FilterTest::upper);
        }
    }

    private static final class Echo extends ServerHttpResponseDecorator {
        Echo(ServerHttpResponse response) {
            super(response);
        }

        @Override
        public Mono<Void> writeWith(Publisher<? extends DataBuffer> body) {
            return super.writeWith(
                    body instanceof Mono<? extends DataBuffer> whole
                            ? whole.map(FilterTest::upper)
                            : Flux.from(body).map(FilterTest::upper));
        }
    }

    private static DataBuffer upper(DataBuffer buffer) {
        byte[] bytes = new byte[buffer.readableByteCount()];
        buffer.read(bytes);
        DataBufferUtils.release(buffer);
        return NettyRequest.BUFFERS.wrap(
                new String(bytes, ISO_8859_1).toUpperCase(Locale.ROOT).getBytes(ISO_8859_1));
    }

    /** Keeps its fields to itself until the response is sent. */
    private static final class OwnFields extends ServerHttpResponseDecorator {

        private final HttpHeaders fields = new HttpHeaders();

        OwnFields(ServerHttpResponse response) {
            super(response);
        }

        @Override
        public HttpHeaders getHeaders() {
            return fields;
        }

        @Override
        public Mono<Void> writeWith(Publisher<? extends DataBuffer> body) {
            pass();
            return super.writeWith(body);
        }

        @Override
        public Mono<Void> setComplete() {
            pass();
            return super.setComplete();
        }

        private void pass() {
            fields.remove("Link");
            fields.forEach((name, values) ->
                    values.forEach(value -> getDelegate().getHeaders().add(name, value)));
        }
    }

    @Parameter
    Transport transport;

    private ScriptedServer backend;
    private Listeners listeners;

    @BeforeParameterizedClassInvocation
    void start() throws IOException {
        backend = new ScriptedServer(conversation -> {
            String request = conversation.request();
            while (request != null) {
                String more = request.contains(" /sync/full ")
                        ? "ETag: \"1\"\r\nContent-Encoding: x\r\nCache-Control: max-age=9\r\nLocation: /a\r\n"
                                + "Content-Type: text/x\r\n"
                        : "";
                conversation.say(
                        "HTTP/1.1 200 OK\r\n" + more + "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n");
                request = conversation.request();
            }
        });
        listeners = Listeners.extended(
                Extension.class,
                transport,
                "management.observations.enable.http.server.requests=true",
                "sluice.ingress.cors.allowed-origins=https://app.example",
                "sluice.ingress.trusted-proxies=127.0.0.1",
                "sluice.routes.limited.path=/limited",
                "sluice.routes.limited.backend=" + backend.uri(),
                "sluice.routes.limited.rate-limit.by=caller",
                "sluice.routes.limited.rate-limit.limit=1/h",
                "sluice.routes.posts.path=/posts",
                "sluice.routes.posts.methods=POST",
                "sluice.routes.posts.backend=" + backend.uri(),
                "sluice.routes.async.path=/async/**",
                "sluice.routes.async.backend=" + backend.uri(),
                "sluice.routes.async.max-request=100MB",
                "sluice.routes.sync.path=/sync/**",
                "sluice.routes.sync.mode=sync",
                "sluice.routes.sync.backend=" + backend.uri());
    }

    @AfterParameterizedClassInvocation
    void stop() throws IOException {
        listeners.close();
        backend.close();
    }

    private Reply call(String head) throws IOException {
        return new Request(head).to(transport, listeners.port());
    }

    private String accepted() throws IOException {
        return call("POST /async/x HTTP/1.1\nContent-Length: 0").field("Location");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST /async/x HTTP/1.1\nContent-Length: 0",
                "GET /sync/x HTTP/1.1",
                "GET JOB HTTP/1.1",
                "GET JOB/events HTTP/1.1"
            })
    void aFilterRefuses(String request) throws IOException {
        String target = request.contains("JOB") ? request.replace("JOB", accepted()) : request;
        int heads = backend.heads.size();
        Reply reply = call(target + "\nX-Refused: 1\nOrigin: https://app.example");
        assertThat(reply.status()).isEqualTo(403);
        assertThat(reply.field("Access-Control-Allow-Origin")).isEqualTo("https://app.example");
        assertThat(backend.heads).hasSize(heads);
    }

    @Test
    void aFilterAddsAFieldToEveryAnswer() throws IOException {
        Reply accepted = call("POST /async/x HTTP/1.1\nContent-Length: 0");
        assertThat(accepted.status()).isEqualTo(202);
        assertThat(accepted.all("X-Filter")).containsExactly("early", "late");
        assertThat(accepted.field("Set-Cookie")).isEqualTo("seen=yes");
        Reply job = call("GET " + accepted.field("Location") + " HTTP/1.1");
        assertThat(job.status()).isEqualTo(200);
        assertThat(job.all("X-Filter")).containsExactly("early", "late");
        Reply passed = call("GET /sync/x HTTP/1.1");
        assertThat(passed.text()).isEqualTo("ok");
        assertThat(passed.all("X-Filter")).containsExactly("early", "late");
        Reply refused = call("GET /nowhere HTTP/1.1");
        assertThat(refused.problem()).isEqualTo("no-route");
        assertThat(refused.all("X-Filter")).containsExactly("early", "late");
        Reply events = new Request("GET " + accepted.field("Location") + "/events HTTP/1.1")
                .headFrom(transport, listeners.port());
        assertThat(events.status()).isEqualTo(200);
        assertThat(events.field("Content-Type")).isEqualTo("text/event-stream");
        assertThat(events.all("X-Filter")).containsExactly("early", "late");
    }

    @Test
    void aFilterChangesTheRequest() throws IOException {
        Reply accepted = new Request(
                        "POST /async/x HTTP/1.1\nContent-Length: 2\nX-Path: /async/y\nX-Shout: 1",
                        "hi".getBytes(ISO_8859_1))
                .to(transport, listeners.port());
        assertThat(accepted.status()).isEqualTo(202);
        assertThat(accepted.text()).contains("\"STATE\":\"QUEUED\"");
        String location = accepted.field("Location");
        var stored = listeners.request(
                JobId.parse(location.substring(location.lastIndexOf('/') + 1)).orElseThrow());
        assertThat(stored.head().target()).isEqualTo("/async/y");
        assertThat(stored.head().headers().first("X-Tenant")).contains("acme");
        assertThat(stored.head().headers().first("X-Path")).isEmpty();
        assertThat(Listeners.bytes(stored.body())).isEqualTo("HI".getBytes(ISO_8859_1));

        Reply passed = call("GET /sync/x?q=1 HTTP/1.1\nX-Path: /sync/z\nX-Shout: 1");
        assertThat(passed.text()).isEqualTo("OK");
        String got = backend.heads.get(backend.heads.size() - 1);
        assertThat(got).startsWith("GET /sync/z?q=1 ").containsIgnoringCase("X-Tenant: acme");
    }

    @Test
    void aFilterMayWorkOnAnotherThread() throws IOException {
        assertThat(call("POST /async/x HTTP/1.1\nContent-Length: 0\nX-Elsewhere: 1")
                        .status())
                .isEqualTo(202);
        assertThat(call("GET /sync/x HTTP/1.1\nX-Elsewhere: 1").text()).isEqualTo("ok");
        assertThat(call("GET /nowhere HTTP/1.1\nX-Elsewhere: 1").problem()).isEqualTo("no-route");
    }

    @Test
    void aRefusalIsReadOverHttp1WhileMuchIsStillSent() throws IOException {
        Reply reply = Wire.call(
                transport,
                listeners.port(),
                "POST /async/x HTTP/1.1\nHost: g\nX-Refused: 1\nContent-Length: 4000000",
                new byte[4_000_000]);
        assertThat(reply.status()).isEqualTo(403);
        assertThat(reply.field("Connection")).isEqualTo("close");
    }

    @Test
    void errorsOfFiltersGoToTheirHandlersAndThenToOurs() throws IOException {
        assertThat(call("GET /sync/x HTTP/1.1\nX-Teapot: 1").status()).isEqualTo(418);
        Reply busy = call("GET /sync/x HTTP/1.1\nX-Busy: 1");
        assertThat(busy.status()).isEqualTo(429);
        assertThat(busy.field("Content-Type")).isEqualTo("application/problem+json");
        assertThat(busy.text()).doesNotContain("secret");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\nX-Hold: 1"})
    void anErrorOfAFilterReplacesAllOfAPreparedAnswer(String more) throws IOException {
        double before = blank();
        Reply gone = call("GET /sync/full HTTP/1.1\nX-Late: 1" + more);
        assertThat(gone.status()).isEqualTo(410);
        assertThat(gone.json().get("status").asInt()).isEqualTo(410);
        for (String name : new String[] {"ETag", "Content-Encoding", "Location"}) {
            assertThat(gone.all(name)).as(name).isEmpty();
        }
        assertThat(gone.all("Content-Type")).containsExactly("application/problem+json");
        assertThat(gone.all("Content-Length")).hasSize(1);
        assertThat(gone.all("Cache-Control")).containsExactly("no-store");
        assertThat(gone.all("X-Filter")).containsExactly("early");
        assertThat(gone.all("Proxy-Status")).containsExactly("sluice; error=proxy_internal_response");
        assertThat(blank()).isEqualTo(before + 1);
    }

    private double blank() {
        double[] count = new double[1];
        listeners.publish(context -> count[0] =
                context
                        .getBean(MeterRegistry.class)
                        .find("sluice.refused")
                        .tag("problem", "about:blank")
                        .counters()
                        .stream()
                        .mapToDouble(counter -> counter.count())
                        .sum());
        return count[0];
    }

    @Test
    void whatNoUriCanHaveReachesFiltersEscapedAndTheBackendAsItIs() throws IOException {
        assertThat(call("GET /sync/a|b[{%?q=^ HTTP/1.1").status()).isEqualTo(200);
        assertThat(SEEN.get().toString()).endsWith("://g/sync/a%7Cb%5B%7B%25?q=%5E");
        assertThat(backend.heads.get(backend.heads.size() - 1)).startsWith("GET /sync/a|b[{%?q=^ ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"POST /async/x HTTP/1.1\nContent-Length: 0", "GET /sync/x HTTP/1.1", "GET /nowhere HTTP/1.1"})
    void aResponseMayHaveFieldsOfItsOwn(String request) throws IOException {
        Reply usual = call(request);
        Reply held = call(request + "\nX-Hold: 1");
        assertThat(held.status()).isEqualTo(usual.status());
        assertThat(held.body()).isNotEmpty();
        assertThat(held.all("X-Filter")).containsExactly("early", "late");
        assertThat(names(held)).isEqualTo(names(usual));
        assertThat(held.field("Link")).as("taken out by the filter").isNull();
    }

    private static Set<String> names(Reply reply) {
        Set<String> names = new TreeSet<>();
        for (int i = 0; i < reply.fields().size(); i += 2) {
            names.add(reply.fields().get(i).toLowerCase(Locale.ROOT));
        }
        names.remove("link");
        return names;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"POST /async/x HTTP/1.1\nContent-Length: 0", "GET /sync/x HTTP/1.1", "GET /nowhere HTTP/1.1"})
    void aFilterIsToldWhereARequestComesFrom(String request) throws IOException {
        ORIGIN.set(null);
        Reply reply = call(request
                + "\nX-Ask: 1\nX-Forwarded-For: 203.0.113.9\nX-Forwarded-Proto: https\nX-Forwarded-Host: shop.example");
        assertThat(ORIGIN.get()).isEqualTo(new ClientOrigin("203.0.113.9", "https", "shop.example", "", true));
        assertThat(reply.all("X-Filter")).as("set after that").containsExactly("early", "late");
        if (reply.status() == 202) {
            assertThat(reply.field("Operation-Location")).startsWith("https://shop.example/jobs/");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\nX-Hold: 1", "\nX-Shout: 1"})
    void aFilterMayAskAfterAFailure(String more) throws IOException {
        Reply reply = call("POST /async/x HTTP/1.1\nContent-Length: 0\nSluice-Delay: x\nX-Ask-Late: 1" + more);
        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.all("Proxy-Status")).hasSize(1);
        assertThat(reply.all("Vary")).contains("Prefer");
    }

    @ParameterizedTest
    @CsvSource({
        "404, GET, /jobs/x/operation, OPERATION",
        "410, GET, JOB/operation, OPERATION",
        "405, POST, JOB/operation, OPERATION",
        "410, GET, JOB/result, RESULT",
        "405, PUT, JOB, STATUS",
        "404, GET, /nowhere, ROUTE",
        "405, GET, /posts, ROUTE"
    })
    void whatIsNotFoundIsShownByItsResource(int status, String method, String target, Resource resource)
            throws IOException {
        SHOWN.set(null);
        String job = accepted();
        if (status == 410) {
            call("DELETE " + job + "?erase=true HTTP/1.1");
        }
        Reply reply = call(method + " " + target.replace("JOB", job) + " HTTP/1.1\nContent-Length: 0\nX-Ask-Late: 1");
        assertThat(reply.status()).isEqualTo(status);
        listeners.publish(context -> assertThat(SHOWN.get())
                .isNotNull()
                .isSameAs(context.getBean(Representations.class).of("async", resource)));
    }

    private Reply keyed(String fields) throws IOException {
        return call("POST /async/x HTTP/1.1\nContent-Length: 0\nIdempotency-Key: once" + fields);
    }

    @Test
    void aFilterSaysWhoAsks() throws IOException {
        Reply first = keyed("\nX-User: ann\nAuthorization: Bearer 1");
        assertThat(first.field("Idempotency-Replayed")).isNull();
        Reply again = keyed("\nX-User: ann\nAuthorization: Bearer 2");
        assertThat(again.field("Idempotency-Replayed")).isEqualTo("true");
        assertThat(again.field("Location")).isEqualTo(first.field("Location"));
        for (String other : new String[] {"\nX-User: bob\nAuthorization: Bearer 1", "\nAuthorization: ann", ""}) {
            assertThat(keyed(other).field("Idempotency-Replayed")).as(other).isNull();
        }
        String limited = "POST /limited HTTP/1.1\nContent-Length: 0\nX-User: ";
        assertThat(call(limited + "ann").status()).isEqualTo(202);
        assertThat(call(limited + "bob").status()).isEqualTo(202);
        assertThat(call(limited + "ann").problem()).isEqualTo("rate-limited");
    }

    @Test
    void requestsAreObserved() throws IOException {
        call("GET /sync/x HTTP/1.1");
        listeners.publish(context -> await().atMost(Duration.ofSeconds(20))
                .until(() -> !context.getBean(MeterRegistry.class)
                        .find("http.server.requests")
                        .tag("status", "200")
                        .timers()
                        .isEmpty()));
    }
}
