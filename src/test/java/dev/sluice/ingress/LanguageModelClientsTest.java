package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.NodePackages;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerResponse;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Clients of language models by other people, unmodified, stream through the gateway as from the backend itself. */
@Timeout(300)
class LanguageModelClientsTest {

    private static final int PIECES = 20;
    private static final String TEXT =
            String.join("", IntStream.range(0, PIECES).mapToObj(i -> i + " ").toList());

    private final Map<String, AtomicInteger> calls = new ConcurrentHashMap<>();

    private static List<String> openai() {
        return Stream.concat(
                        IntStream.range(0, PIECES)
                                .mapToObj(i ->
                                        "{'id':'c','object':'chat.completion.chunk','created':1,'model':'m','choices':"
                                                + "[{'index':0,'delta':{'content':'" + i
                                                + " '},'finish_reason':null}]}"),
                        Stream.of("[DONE]"))
                .map(LanguageModelClientsTest::data)
                .toList();
    }

    private static List<String> anthropic() {
        List<String> events = new ArrayList<>();
        events.add(event(
                "message_start",
                "'message':{'id':'m','type':'message','role':'assistant','model':'m','content':[],'stop_reason':null,"
                        + "'stop_sequence':null,'usage':{'input_tokens':1,'output_tokens':1}}"));
        events.add(event("content_block_start", "'index':0,'content_block':{'type':'text','text':''}"));
        for (int i = 0; i < PIECES; i++) {
            events.add(event("content_block_delta", "'index':0,'delta':{'type':'text_delta','text':'" + i + " '}"));
        }
        events.add(event("content_block_stop", "'index':0"));
        events.add(event(
                "message_delta",
                "'delta':{'stop_reason':'end_turn','stop_sequence':null},'usage':{'output_tokens':9}"));
        events.add(event("message_stop", "'done':true"));
        return events;
    }

    private static List<String> vercel() {
        List<String> parts = new ArrayList<>(List.of("{'type':'start'}", "{'type':'text-start','id':'t'}"));
        for (int i = 0; i < PIECES; i++) {
            parts.add("{'type':'text-delta','id':'t','delta':'" + i + " '}");
        }
        parts.addAll(List.of("{'type':'text-end','id':'t'}", "{'type':'finish'}", "[DONE]"));
        return parts.stream().map(LanguageModelClientsTest::data).toList();
    }

    private static String data(String json) {
        return "data: " + json.replace('\'', '"') + "\n\n";
    }

    private static String event(String name, String members) {
        return "event: " + name + "\n" + data("{'type':'" + name + "'," + members + "}");
    }

    /** A piece every few milliseconds, as a model says them. */
    private static Flux<ByteBuf> paced(List<String> pieces) {
        return Flux.interval(Duration.ofMillis(5))
                .onBackpressureBuffer()
                .take(pieces.size())
                .map(i -> Unpooled.wrappedBuffer(pieces.get(i.intValue()).getBytes(StandardCharsets.UTF_8)));
    }

    private static Mono<Void> stream(HttpServerResponse response, Flux<ByteBuf> pieces) {
        return response.header("Content-Type", "text/event-stream; charset=utf-8")
                .send(pieces, each -> true)
                .then();
    }

    private Mono<Void> answer(String path, HttpServerResponse response) {
        calls.computeIfAbsent(path, any -> new AtomicInteger()).incrementAndGet();
        return switch (path) {
            case "/v1/chat/completions" -> stream(response, paced(openai()));
            case "/v1/messages" -> stream(response, paced(anthropic()));
            case "/chat" -> stream(response, paced(vercel()));
            case "/broken/v1/chat/completions" ->
                stream(
                        response,
                        paced(openai().subList(0, 3)).concatWith(Mono.error(new IOException("as the test wants"))));
            default -> response.sendNotFound().then();
        };
    }

    @Test
    void theyStreamOnAWaitingRouteAndFromTheOutputOfAJob() throws Exception {
        NodePackages.install();
        DisposableServer model = HttpServer.create()
                .host("127.0.0.1")
                .port(0)
                .handle((request, response) -> request.receive().then(answer(request.uri(), response)))
                .bindNow();
        String uri = "http://127.0.0.1:" + model.port();
        JsonNode read;
        try (Listeners gateway = Listeners.dispatching(
                "sluice.routes.models.path=/v1/**",
                "sluice.routes.models.mode=negotiate",
                "sluice.routes.models.backend=" + uri,
                "sluice.routes.later.path=/async/**",
                "sluice.routes.later.strip-prefix=1",
                "sluice.routes.later.backend=" + uri,
                "sluice.routes.chat.path=/chat",
                "sluice.routes.chat.mode=negotiate",
                "sluice.routes.chat.backend=" + uri,
                "sluice.routes.broken.path=/broken/**",
                "sluice.routes.broken.mode=negotiate",
                "sluice.routes.broken.attempts=1",
                "sluice.routes.broken.backend=" + uri,
                "sluice.routes.broken-later.path=/broken-async/**",
                "sluice.routes.broken-later.strip-prefix=1",
                "sluice.routes.broken-later.attempts=1",
                "sluice.routes.broken-later.backend=" + uri + "/broken")) {
            read = new JsonMapper().readTree(NodePackages.run("streams.mjs", "http://127.0.0.1:" + gateway.port()));
        } finally {
            model.disposeNow();
        }
        for (String client : List.of("openai", "anthropic", "wrapped")) {
            assertThat(read.path(client).path("text").asString()).as(client).isEqualTo(TEXT);
            assertThat(read.path(client).path("pieces").asInt()).as(client).isGreaterThanOrEqualTo(PIECES);
        }
        for (String client : List.of("broken", "brokenLater")) {
            assertThat(read.path(client).path("error").asString()).as(client).isNotEmpty();
        }
        assertThat(read.path("chat"))
                .as("both tabs")
                .hasSize(2)
                .allSatisfy(tab -> assertThat(tab.asString()).isEqualTo(TEXT));
        assertThat(calls.get("/chat")).as("calls that were paid for").hasValue(1);
    }
}
