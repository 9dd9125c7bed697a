package dev.sluice.loadtest.load;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelOption;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.URI;
import java.nio.charset.StandardCharsets;
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

/**
 * A backend in this process that fails in a given share of its calls, or cannot be reached at all, and knows of each job how often
 * it was called and how often it was answered with success. Keeps some 200 bytes a job.
 */
public final class FaultyBackend implements AutoCloseable {

    private static final Duration DRIP = Duration.ofMillis(200);
    private static final Duration LONGEST_STOP = Duration.ofSeconds(5);
    private static final int PROMISED = 1_000;

    private final Duration work;
    private final Map<String, Calls> jobs = new ConcurrentHashMap<>();
    private final LongAdder calls = new LongAdder();
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final int port;
    private volatile Faults faults = Faults.NONE;
    private volatile Sinks.Empty<Void> released = Sinks.empty();
    private DisposableServer server;

    /**
     * What was seen of a job.
     *
     * @param calls all of them
     * @param good those that were answered with success
     */
    public record Calls(int calls, int good) {

        private static final Calls NONE = new Calls(0, 0);

        private Calls plus(Calls more) {
            return new Calls(calls + more.calls, good + more.good);
        }
    }

    /** One that takes so long for each call, and for now fails in none. */
    public FaultyBackend(Duration work) {
        this.work = work;
        this.server = serve(0);
        this.port = server.port();
    }

    private DisposableServer serve(int at) {
        return HttpServer.create()
                .host("127.0.0.1")
                .port(at)
                .option(ChannelOption.SO_BACKLOG, 1_024)
                .option(ChannelOption.SO_REUSEADDR, true)
                .doOnConnection(connection -> connections.add(connection.channel()))
                .handle(this::handle)
                .bindNow();
    }

    public URI base() {
        return URI.create("http://127.0.0.1:" + port);
    }

    /** From now on calls go wrong so often. Those that hang or drip are let go: they succeed at once. */
    public void behave(Faults shares) {
        faults = shares;
        Sinks.Empty<Void> before = released;
        released = Sinks.empty();
        before.tryEmitEmpty();
    }

    /** Stops listening and breaks all connections. */
    public synchronized void goAway() {
        server.disposeNow(LONGEST_STOP); // no longer listens, and leaves the connections as they are
        connections.close().awaitUninterruptibly();
    }

    /** Listens again on the same port. */
    public synchronized void comeBack() {
        server = serve(port);
    }

    private Mono<Void> handle(HttpServerRequest request, HttpServerResponse response) {
        String job = request.requestHeaders().get("Sluice-Job", "");
        calls.increment();
        count(job, new Calls(1, 0));
        Mono<Void> release = released.asMono();
        Faults.Fault fault = faults.pick(ThreadLocalRandom.current().nextInt(100));
        return request.receive()
                .then(work.isZero() ? Mono.empty() : Mono.delay(work))
                .then(Mono.defer(() -> answer(job, fault, release, response)));
    }

    private Mono<Void> answer(String job, Faults.Fault fault, Mono<Void> release, HttpServerResponse response) {
        return switch (fault) {
            case NONE -> success(job, response);
            case ERROR -> response.status(500).send().then();
            case RESET -> reset(response);
            case CUT ->
                response.header("Content-Length", Integer.toString(PROMISED))
                        .sendObject(Flux.just(Unpooled.wrappedBuffer(new byte[10])))
                        .then()
                        .then(Mono.fromRunnable(() -> response.withConnection(connection -> connection.dispose())));
            case HANG -> release.then(Mono.defer(() -> success(job, response)));
            case DRIP -> {
                Flux<String> pieces = Flux.interval(DRIP).map(number -> "drop ").takeUntilOther(release);
                count(job, new Calls(0, 1));
                yield response.header("Content-Type", "text/plain")
                        .send(pieces.map(text -> Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII)), piece -> true)
                        .then();
            }
        };
    }

    private Mono<Void> success(String job, HttpServerResponse response) {
        count(job, new Calls(0, 1));
        return response.header("Content-Type", "application/json")
                .sendString(Mono.just("{\"job\":\"" + job + "\"}"))
                .then();
    }

    private static Mono<Void> reset(HttpServerResponse response) {
        return Mono.fromRunnable(() -> response.withConnection(connection -> {
            connection.channel().config().setOption(ChannelOption.SO_LINGER, 0); // a reset instead of an end
            connection.dispose();
        }));
    }

    private void count(String job, Calls more) {
        jobs.merge(job, more, Calls::plus);
    }

    /** What was seen of a job. */
    public Calls of(String job) {
        return jobs.getOrDefault(job, Calls.NONE);
    }

    /** All calls. */
    public long calls() {
        return calls.sum();
    }

    @Override
    public void close() {
        goAway();
    }
}
