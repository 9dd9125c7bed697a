package dev.sluice.ingress;

import dev.sluice.queue.QueueRig;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/** A backend that says at each path what a test wants, when it wants it. */
final class StreamingBackend implements AutoCloseable {

    private final Map<String, List<Call>> calls = new ConcurrentHashMap<>();
    private final DisposableServer server = HttpServer.create()
            .host("127.0.0.1")
            .port(0)
            .handle((request, response) -> serve(request, response))
            .bindNow();

    /** One call: its answer is the test's to give. */
    static final class Call {

        private final Sinks.One<String[]> head = Sinks.one();
        private final Sinks.Many<String> body = Sinks.many().unicast().onBackpressureBuffer();

        /** Answers with a head. */
        Call begin(int status, String type) {
            head.tryEmitValue(new String[] {Integer.toString(status), type}).orThrow();
            return this;
        }

        Call say(String text) {
            body.tryEmitNext(text).orThrow();
            return this;
        }

        void end() {
            body.tryEmitComplete().orThrow();
        }

        /** Breaks the connection off. */
        void cut() {
            body.tryEmitError(new IOException("as the test wants")).orThrow();
        }
    }

    String uri() {
        return "http://127.0.0.1:" + server.port();
    }

    private Mono<Void> serve(HttpServerRequest request, HttpServerResponse response) {
        Call call = new Call();
        calls.computeIfAbsent(request.uri(), path -> new CopyOnWriteArrayList<>())
                .add(call);
        return call.head
                .asMono()
                .flatMap(head -> response.status(Integer.parseInt(head[0]))
                        .header("Content-Type", head[1])
                        .header("X-Model", "m-1")
                        .send(
                                call.body
                                        .asFlux()
                                        .map(text -> Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.UTF_8))),
                                each -> true)
                        .then());
    }

    /** The call of that number, from 1, waiting for it if need be. */
    Call call(String path, int number) {
        QueueRig.until(() -> calls(path) >= number);
        return calls.get(path).get(number - 1);
    }

    int calls(String path) {
        return calls.getOrDefault(path, List.of()).size();
    }

    @Override
    public void close() {
        server.disposeNow();
    }
}
