package dev.sluice.loadtest.load;

import io.netty.channel.ChannelOption;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/**
 * A backend in this process, which therefore outlives whatever happens to gateways, and knows of each job how often it was
 * called and with which key. Keeps some 200 bytes a job.
 */
public final class CountingBackend implements AutoCloseable {

    private static final int MOST_REPEATS = 100_000;
    private static final int FAULTS = 10; // and 0 for none
    private static final int REFUSED = 1;
    private static final int BROKEN_OFF = 2;

    private final Duration work;
    private final Map<String, Job> jobs = new ConcurrentHashMap<>();
    private final List<Long> repeats = new ArrayList<>();
    private final LongAdder calls = new LongAdder();
    private final LongAdder otherKeys = new LongAdder();
    private final LongAdder failures = new LongAdder();
    private final DisposableServer server;
    private volatile boolean failing;

    private static final class Job {
        private final String key;
        private int calls;

        private Job(String key) {
            this.key = key;
        }
    }

    /** One that takes so long for each call. */
    public CountingBackend(Duration work) {
        this.work = work;
        this.server = HttpServer.create()
                .host("127.0.0.1")
                .port(0)
                .option(ChannelOption.SO_BACKLOG, 1_024)
                .handle(this::handle)
                .bindNow();
    }

    public URI base() {
        return URI.create("http://127.0.0.1:" + server.port());
    }

    /** From now on most calls fail: an error, an overload, or a connection that is closed without an answer. */
    public void failing(boolean whether) {
        failing = whether;
    }

    private Mono<Void> handle(HttpServerRequest request, HttpServerResponse response) {
        String job = request.requestHeaders().get("Sluice-Job", "");
        int fault = failing ? ThreadLocalRandom.current().nextInt(FAULTS) : 0;
        if (fault == REFUSED) {
            failures.increment(); // not counted as a call: who refuses has not begun, and the gateway knows that
            return request.receive()
                    .then(response.status(503).header("Retry-After", "1").send());
        }
        int call = count(job, request.requestHeaders().get("Idempotency-Key", ""));
        if (fault > 0) {
            failures.increment();
            return request.receive()
                    .then(
                            fault == BROKEN_OFF
                                    ? breakOff(response)
                                    : response.status(500).send());
        }
        return request.receive()
                .then(work.isZero() ? Mono.empty() : Mono.delay(work))
                .then(Mono.defer(() -> response.header("Content-Type", "application/json")
                        .sendString(Mono.just("{\"job\":\"" + job + "\",\"call\":" + call + "}"))
                        .then()));
    }

    private static Mono<Void> breakOff(HttpServerResponse response) {
        return Mono.fromRunnable(() -> response.withConnection(connection -> connection.dispose()));
    }

    private int count(String job, String key) {
        calls.increment();
        Job seen = jobs.computeIfAbsent(job, unused -> new Job(key));
        if (!seen.key.equals(key)) {
            otherKeys.increment();
        }
        int call;
        synchronized (seen) {
            call = ++seen.calls;
        }
        if (call > 1) {
            synchronized (repeats) {
                if (repeats.size() < MOST_REPEATS) {
                    repeats.add(System.nanoTime());
                }
            }
        }
        return call;
    }

    /** How often a job was called, refusals that promised that nothing was begun aside. */
    public int calls(String job) {
        Job seen = jobs.get(job);
        if (seen == null) {
            return 0;
        }
        synchronized (seen) {
            return seen.calls;
        }
    }

    /** All calls. */
    public long calls() {
        return calls.sum();
    }

    /** Calls that came with another key than the first one of their job. */
    public long otherKeys() {
        return otherKeys.sum();
    }

    /** Calls that were made to fail. */
    public long failures() {
        return failures.sum();
    }

    /** When jobs were called again, by {@link System#nanoTime}; the first hundred thousand times. */
    public List<Long> repeats() {
        synchronized (repeats) {
            return List.copyOf(repeats);
        }
    }

    /** Forgets all jobs, which will not be called again. */
    public void forget() {
        jobs.clear();
    }

    @Override
    public void close() {
        server.disposeNow(Duration.ofSeconds(5));
    }
}
