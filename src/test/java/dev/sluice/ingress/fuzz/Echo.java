package dev.sluice.ingress.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/** A backend that says what it was asked for and how long the body was, and counts what it was asked for. */
final class Echo implements AutoCloseable {

    /** A field that only its answers have. */
    static final String NAME = "X-Echo";

    /**
     * That it was asked for something.
     *
     * @param connection on which
     * @param number of the request there
     */
    record Call(Line connection, int number) {

        /** Whether the connection ended with it: nothing else was asked there, and nothing more can be. */
        boolean last() {
            return connection.over && connection.requests.get() == number;
        }
    }

    private final Map<String, List<Call>> calls = new ConcurrentHashMap<>();
    private final DisposableServer server = HttpServer.create()
            .host("127.0.0.1")
            .port(0)
            .httpRequestDecoder(
                    decoder -> decoder.maxInitialLineLength(64 * 1024).maxHeaderSize(128 * 1024))
            .doOnChannelInit((observer, channel, remote) -> channel.pipeline().addFirst("line", new Line()))
            .handle(this::answer)
            .bindNow();

    String url() {
        return "http://127.0.0.1:" + server.port();
    }

    /** How often a target was asked for. */
    int calls(String target) {
        return callsOf(target).size();
    }

    /** Each time that a target was asked for, in order. */
    List<Call> callsOf(String target) {
        return calls.getOrDefault(target, List.of());
    }

    void forget() {
        calls.clear();
    }

    private Publisher<Void> answer(HttpServerRequest request, HttpServerResponse response) {
        request.withConnection(connection -> {
            Line line = connection.channel().pipeline().get(Line.class);
            calls.computeIfAbsent(request.uri(), target -> new CopyOnWriteArrayList<>())
                    .add(new Call(line, line.requests.incrementAndGet()));
        });
        return request.receive()
                .asByteArray()
                .reduce(0L, (size, piece) -> size + piece.length)
                .flatMap(size -> answer(request, response, size));
    }

    private static Mono<Void> answer(HttpServerRequest request, HttpServerResponse response, long size) {
        String target = request.uri();
        String text = request.method() + " " + target + " " + size;
        response.header(NAME, "1").header("Content-Type", "text/plain");
        if (target.contains("/status/")) {
            response.status(target.contains("404") ? 404 : 503);
        }
        if (target.contains("/tagged")) {
            response.header("ETag", "\"echo\"");
        }
        if (target.contains("/pieces")) {
            return response.send(pieces(text), piece -> true).then();
        }
        if (target.contains("/chunked")) {
            return response.sendString(Flux.just(text, " again")).then();
        }
        return response.header("Content-Length", Integer.toString(text.length()))
                .sendString(Mono.just(text))
                .then();
    }

    /** Each of them is sent at once, so that clients have begun to take the answer before it is whole. */
    private static Flux<ByteBuf> pieces(String text) {
        return Flux.range(0, 15).map(i -> Unpooled.copiedBuffer(text, ISO_8859_1));
    }

    @Override
    public void close() {
        server.disposeNow(Duration.ofSeconds(10));
    }

    /** One connection to it. */
    static final class Line extends ChannelInboundHandlerAdapter {

        private final AtomicInteger requests = new AtomicInteger();
        private volatile boolean over;

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            over = true;
            context.fireChannelInactive();
        }
    }
}
