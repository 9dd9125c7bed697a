package dev.sluice.demo;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.util.AsciiString;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableChannel;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/** Handles the requests on the only event loop of the demo backend. */
final class DemoHandler {

    private static final AsciiString JSON = AsciiString.cached("application/json");
    private static final AsciiString TEXT = AsciiString.cached("text/plain");
    private static final AsciiString BYTES = AsciiString.cached("application/octet-stream");
    private static final AsciiString JOB = AsciiString.cached("Sluice-Job");
    private static final AsciiString ATTEMPT = AsciiString.cached("Sluice-Attempt");
    private static final AsciiString PROGRESS = AsciiString.cached("Sluice-Progress");
    private static final AsciiString COMPLETION = AsciiString.cached("Sluice-Completion");
    private static final String CALLS = "/demo/calls";
    private static final byte[] FILL = new byte[16 * 1024];

    static {
        Arrays.fill(FILL, (byte) '.');
    }

    private final Behaviour usual;
    private final @Nullable CallCounter counter;
    private final Reporter reporter;
    private final DemoPage page = new DemoPage();

    /**
     * Creates a handler.
     *
     * @param usual the behaviour without a query
     * @param counter counts the calls; returned by {@code GET /demo/calls} and reset by {@code DELETE /demo/calls}. Null to
     *     count nothing
     */
    DemoHandler(Behaviour usual, @Nullable CallCounter counter, Reporter reporter) {
        this.reporter = reporter;
        this.usual = usual;
        this.counter = counter;
    }

    Publisher<Void> handle(HttpServerRequest request, HttpServerResponse response) {
        String job = request.requestHeaders().get(JOB);
        if (counter != null) {
            if (request.uri().equals(CALLS)) {
                return calls(counter, request, response);
            }
            count(counter, job);
        }
        if (page.has(request)) {
            return page.answer(request, response);
        }
        Behaviour behaviour;
        try {
            behaviour = Behaviour.of(request.uri(), usual);
        } catch (IllegalArgumentException e) {
            return answer(request, response, 400, TEXT, e.getMessage() + "\n");
        }
        return request.receive()
                .reduce(0L, (sum, piece) -> sum + piece.readableBytes())
                .flatMap(size -> behave(behaviour, job, size, request, response));
    }

    private Mono<Void> behave(
            Behaviour behaviour,
            @Nullable String job,
            long size,
            HttpServerRequest request,
            HttpServerResponse response) {
        if (behaviour.hang()) {
            return Mono.never();
        }
        String completion = request.requestHeaders().get(COMPLETION);
        if (behaviour.later() && completion != null) {
            String text = Echo.json(
                    request.method().name(),
                    request.uri(),
                    job,
                    attempt(request.requestHeaders().get(ATTEMPT)),
                    size);
            work(behaviour, request.requestHeaders().get(PROGRESS))
                    .then(Mono.defer(() -> reporter.complete(completion, text)))
                    .subscribe(); // fails never, and outlives the call
            return response.status(202).header(COMPLETION, "later").send().then();
        }
        Mono<Void> answer = behaviour.close()
                ? Mono.fromRunnable(() -> request.withConnection(DisposableChannel::dispose))
                : Mono.defer(() -> answer(behaviour, job, size, request, response));
        return behaviour.delay().isZero()
                ? answer
                : work(behaviour, request.requestHeaders().get(PROGRESS)).then(answer);
    }

    private Mono<Void> work(Behaviour behaviour, @Nullable String progressUrl) {
        return behaviour.progress() && progressUrl != null
                ? reporter.during(behaviour.delay(), progressUrl)
                : Mono.delay(behaviour.delay()).then();
    }

    private static Mono<Void> answer(
            Behaviour behaviour,
            @Nullable String job,
            long size,
            HttpServerRequest request,
            HttpServerResponse response) {
        int number = attempt(request.requestHeaders().get(ATTEMPT));
        int status = number <= behaviour.fail() ? 503 : behaviour.status();
        if (behaviour.size() >= 0 && number > behaviour.fail()) {
            return bytes(behaviour.size(), status, request, response);
        }
        return answer(
                request, response, status, JSON, Echo.json(request.method().name(), request.uri(), job, number, size));
    }

    /** The number of the attempt; 1 if the request has none. */
    private static int attempt(@Nullable String text) {
        try {
            return text == null ? 1 : Integer.parseInt(text);
        } catch (NumberFormatException e) {
            return 1;
        }
    }

    private static Mono<Void> bytes(long size, int status, HttpServerRequest request, HttpServerResponse response) {
        response.status(status)
                .header(HttpHeaderNames.CONTENT_TYPE, BYTES)
                .header(HttpHeaderNames.CONTENT_LENGTH, Long.toString(size));
        if (size == 0 || request.method().equals(HttpMethod.HEAD)) {
            return response.send().then();
        }
        return response.send(Flux.generate(() -> size, (rest, sink) -> {
                    int length = (int) Math.min(rest, FILL.length);
                    sink.next(Unpooled.wrappedBuffer(FILL, 0, length));
                    if (rest == length) {
                        sink.complete();
                    }
                    return rest - length;
                }))
                .then();
    }

    private static Mono<Void> answer(
            HttpServerRequest request, HttpServerResponse response, int status, AsciiString type, String text) {
        response.status(status);
        if (status == 204 || status == 205 || status == 304) {
            return response.send().then();
        }
        ByteBuf body = Unpooled.wrappedBuffer(text.getBytes(US_ASCII));
        response.header(HttpHeaderNames.CONTENT_TYPE, type)
                .header(HttpHeaderNames.CONTENT_LENGTH, Integer.toString(body.readableBytes()));
        return request.method().equals(HttpMethod.HEAD)
                ? response.send().then()
                : response.sendObject(body).then();
    }

    private static void count(CallCounter counter, @Nullable String job) {
        if (job == null) {
            counter.countAnonymous();
        } else {
            counter.count(job);
        }
    }

    private static Mono<Void> calls(CallCounter counter, HttpServerRequest request, HttpServerResponse response) {
        String state = counter.json();
        if (request.method().equals(HttpMethod.DELETE)) {
            counter.reset();
        }
        return answer(request, response, 200, JSON, state);
    }
}
