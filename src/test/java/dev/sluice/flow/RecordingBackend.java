package dev.sluice.flow;

import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/**
 * A backend that remembers every call. It answers with the body it got: {@code /steady} at once, {@code /once} a little
 * later, {@code /after-50} after 50 ms (any number), {@code /flaky} from the second call of a job on (503 before),
 * {@code /failing} and {@code /again} always with 503, paths that begin with {@code /held} when it is told to. What is no job's, because it is
 * passed through, it answers without remembering it.
 */
final class RecordingBackend implements AutoCloseable {

    /** One call; the target is that of the request line, and {@code at} when it came, in nanoseconds. */
    record Call(
            String job,
            int attempt,
            String key,
            String path,
            String body,
            String target,
            HttpHeaders headers,
            long at) {}

    private final Map<String, List<Call>> calls = new ConcurrentHashMap<>();
    private final Map<String, Semaphore> counts = new ConcurrentHashMap<>();
    private final Map<String, Sinks.Empty<Void>> held = new ConcurrentHashMap<>();
    private final Map<String, Semaphore> answered = new ConcurrentHashMap<>();
    private final Map<String, Semaphore> abandoned = new ConcurrentHashMap<>();
    private final Map<String, Pattern> refused = new ConcurrentHashMap<>();
    private final Queue<Call> inOrder = new ConcurrentLinkedQueue<>();
    private final DisposableServer server;

    RecordingBackend() {
        this(0);
    }

    /** On a port that is known before. */
    RecordingBackend(int port) {
        server = HttpServer.create()
                .host("127.0.0.1")
                .port(port)
                .handle((request, response) -> request.receive()
                        .aggregate()
                        .asString()
                        .defaultIfEmpty("")
                        .flatMap(body -> answer(request, response, body)))
                .bindNow();
    }

    String url() {
        return "http://127.0.0.1:" + server.port();
    }

    /** Waits until a path was called so many times more than at the last question. */
    void awaitCalls(String path, int count) throws InterruptedException {
        Semaphore seen = counts.computeIfAbsent(path, any -> new Semaphore(0));
        if (!seen.tryAcquire(count, 30, TimeUnit.SECONDS)) {
            throw new AssertionError(path + " was called only " + seen.availablePermits() + " times");
        }
    }

    /** Waits until so many calls of a path more than at the last question were answered, whether or not the caller reads it. */
    void awaitAnswers(String path, int count) throws InterruptedException {
        Semaphore seen = answered.computeIfAbsent(path, any -> new Semaphore(0));
        if (!seen.tryAcquire(count, 30, TimeUnit.SECONDS)) {
            throw new AssertionError(path + " was answered only " + seen.availablePermits() + " times");
        }
    }

    /** Waits until that many held calls of a path were given up by the caller, who has closed the connection. */
    void awaitAbandoned(String path, int count) throws InterruptedException {
        Semaphore seen = abandoned.computeIfAbsent(path, any -> new Semaphore(0));
        if (!seen.tryAcquire(count, 30, TimeUnit.SECONDS)) {
            throw new AssertionError(path + " was given up only " + seen.availablePermits() + " times");
        }
    }

    /** All calls of a path, in the order in which they came. */
    List<Call> callsTo(String path) {
        return inOrder.stream().filter(call -> call.path().equals(path)).toList();
    }

    /** Lets the held calls of a path be answered, and those to come at once. */
    void release(String path) {
        hold(path).tryEmitEmpty().orThrow();
    }

    /** Holds the calls of a path to come, after it was released. */
    void holdAgain(String path) {
        held.remove(path);
    }

    /** Answers calls of a path with 422 if their body matches. */
    void refuse(String path, String body) {
        refused.put(path, Pattern.compile(body));
    }

    private Sinks.Empty<Void> hold(String path) {
        return held.computeIfAbsent(path, any -> Sinks.empty());
    }

    List<Call> callsOf(String job) {
        return calls.getOrDefault(job, List.of());
    }

    /** Jobs that were called for under a key. */
    Map<String, Set<String>> jobsByKey() {
        Map<String, Set<String>> jobs = new ConcurrentHashMap<>();
        calls.values()
                .forEach(ofJob -> ofJob.forEach(call ->
                        jobs.computeIfAbsent(call.key(), any -> new HashSet<>()).add(call.job())));
        return jobs;
    }

    /** Whether a path was ever called. */
    boolean called(String path) {
        return counts.containsKey(path);
    }

    private Mono<Void> answer(HttpServerRequest request, HttpServerResponse response, String body) {
        String path = "/" + request.path();
        if (!request.requestHeaders().contains("Sluice-Job")) {
            return response.header("Content-Type", "application/json")
                    .sendString(Mono.just(body))
                    .then();
        }
        String job = header(request, "Sluice-Job");
        List<Call> ofJob = calls.computeIfAbsent(job, any -> new CopyOnWriteArrayList<>());
        Call made = new Call(
                job,
                Integer.parseInt(header(request, "Sluice-Attempt")),
                header(request, "Idempotency-Key"),
                path,
                body,
                request.uri(),
                request.requestHeaders().copy(),
                System.nanoTime());
        ofJob.add(made);
        inOrder.add(made);
        int call = ofJob.size();
        counts.computeIfAbsent(path, any -> new Semaphore(0)).release();
        Mono<Void> wait = Mono.empty();
        if (path.startsWith("/held")) {
            wait = hold(path)
                    .asMono()
                    .doOnCancel(() -> abandoned
                            .computeIfAbsent(path, any -> new Semaphore(0))
                            .release());
        } else if (path.startsWith("/after-")) {
            wait = Mono.delay(Duration.ofMillis(Long.parseLong(path.substring("/after-".length()))))
                    .then();
        } else if (path.equals("/once")) {
            wait = Mono.delay(Duration.ofMillis(20)).then();
        }
        int status = status(path, call, body);
        return wait.then(Mono.defer(() -> response.status(status)
                .header("Content-Type", "application/json")
                .sendString(Mono.just(body))
                .then()
                .doOnSuccess(sent ->
                        answered.computeIfAbsent(path, any -> new Semaphore(0)).release())));
    }

    private int status(String path, int call, String body) {
        if (path.equals("/failing") || path.equals("/again") || (path.equals("/flaky") && call == 1)) {
            return 503;
        }
        Pattern unwanted = refused.get(path);
        return unwanted != null && unwanted.matcher(body).matches() ? 422 : 200;
    }

    private static String header(HttpServerRequest request, String name) {
        String value = request.requestHeaders().get(name);
        if (value == null) {
            throw new IllegalStateException("the gateway sent no " + name);
        }
        return value;
    }

    @Override
    public void close() {
        server.disposeNow();
    }
}
