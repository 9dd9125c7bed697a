package dev.sluice.loadtest.load;

import dev.sluice.loadtest.measure.Latencies;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelOption;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.resources.LoopResources;

/**
 * A backend in this process that answers with a stream of {@link Piece}s, each written and flushed on its own. On a thread of
 * its own. The target says how: {@code ?pieces=1000&rate=50&bytes=250}; with a rate of 0 they come as fast as they are taken;
 * with {@code &gate=<name>} they begin when that gate is opened.
 */
public final class StreamingBackend implements AutoCloseable {

    private final LoopResources loops = LoopResources.create("pieces", 1, true);
    private final DisposableServer server;
    private final Map<String, Sinks.Empty<Void>> gates = new ConcurrentHashMap<>();
    private final Map<String, Integer> jobs = new ConcurrentHashMap<>();
    private final LongAdder written = new LongAdder();
    private final LongAdder streaming = new LongAdder();
    private final Latencies late = new Latencies();
    private volatile long lastEnded;

    public StreamingBackend() {
        server = HttpServer.create()
                .host("127.0.0.1")
                .port(0)
                .runOn(loops, false)
                .option(ChannelOption.SO_BACKLOG, 1_024)
                .handle(this::handle)
                .bindNow();
    }

    public URI base() {
        return URI.create("http://127.0.0.1:" + server.port());
    }

    /** The target of a stream that is not gated. */
    public static String target(long pieces, int rate, int bytes) {
        return "/pieces?pieces=" + pieces + "&rate=" + rate + "&bytes=" + bytes;
    }

    /** Has the streams of a gate begin. */
    public void begin(String gate) {
        gate(gate).tryEmitEmpty();
    }

    private Sinks.Empty<Void> gate(String name) {
        return gates.computeIfAbsent(name, unused -> Sinks.empty());
    }

    private Mono<Void> handle(HttpServerRequest request, HttpServerResponse response) {
        jobs.merge(request.requestHeaders().get("Sluice-Job", ""), 1, Integer::sum);
        String target = request.uri();
        long pieces = number(target, "pieces");
        int bytes = (int) number(target, "bytes");
        String gate = value(target, "gate");
        Flux<byte[]> body = Flux.defer(() -> pieces(pieces, number(target, "rate"), bytes));
        return request.receive()
                .then(Mono.fromRunnable(streaming::increment))
                .then(gate.isEmpty() ? Mono.empty() : gate(gate).asMono())
                .then(Mono.defer(() -> response.header("Content-Type", "text/event-stream")
                        .send(body.map(Unpooled::wrappedBuffer), piece -> true)
                        .then()))
                .doOnSuccess(end -> lastEnded = System.nanoTime());
    }

    private Flux<byte[]> pieces(long pieces, long rate, int bytes) {
        if (rate == 0) {
            return Flux.generate(() -> 0L, (number, sink) -> {
                if (number == pieces) {
                    sink.complete();
                } else {
                    written.increment();
                    sink.next(Piece.of(number, System.nanoTime(), bytes));
                }
                return number + 1;
            });
        }
        long pause = 1_000_000_000L / rate;
        // Not all streams at the same moment, as answers that begin at the same moment would be otherwise.
        long first = ThreadLocalRandom.current().nextLong(pause);
        long begun = System.nanoTime() + first;
        return Flux.interval(Duration.ofNanos(first), Duration.ofNanos(pause))
                .take(pieces)
                .onBackpressureBuffer(
                        (int) Math.min(pieces, 1 << 20)) // of numbers; what is kept up counts from when it was due
                .map(number -> {
                    written.increment();
                    long due = begun + number * pause;
                    late.recordNanos(System.nanoTime() - due);
                    return Piece.of(number, due, bytes);
                });
    }

    private static long number(String target, String name) {
        return Long.parseLong(value(target, name));
    }

    private static String value(String target, String name) {
        for (String parameter : target.substring(target.indexOf('?') + 1).split("&")) {
            if (parameter.startsWith(name + "=")) {
                return parameter.substring(name.length() + 1);
            }
        }
        return "";
    }

    /** Pieces that were written so far. */
    public long written() {
        return written.sum();
    }

    /** Calls that were taken so far, ended ones included. */
    public long streaming() {
        return streaming.sum();
    }

    /** Calls of jobs that had been called before. */
    public long calledAgain() {
        return jobs.values().stream().mapToLong(calls -> calls - 1L).sum();
    }

    /** How much later than due pieces were written: what the load itself adds, and what the gateway did not take in time. */
    public Latencies late() {
        return late;
    }

    /** When the last stream so far has ended, by {@link System#nanoTime}. */
    public long lastEnded() {
        return lastEnded;
    }

    @Override
    public void close() {
        server.disposeNow(Duration.ofSeconds(5));
        loops.dispose();
    }
}
