package dev.sluice.flow;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.UnaryOperator;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/**
 * A backend that answers 202 to every POST. At paths with {@code /later} in them it announces that it will call; at all other paths it names an
 * operation, {@code /operations/<job>}, to be polled every second, which is pending until the test says that it is done.
 */
final class TakingOverBackend implements AutoCloseable {

    private static final String OPERATIONS = "/operations/";
    private static final Duration LIMIT = Duration.ofSeconds(30);

    /** A call; the job is the one for which the gateway made it, none where it deletes an operation. */
    record Call(String method, String path, String job, int attempt) {}

    private final Queue<Call> calls = new ConcurrentLinkedQueue<>();
    private final Map<String, String> completions = new ConcurrentHashMap<>();
    private final Set<String> done = ConcurrentHashMap.newKeySet();
    private final String scheme;
    private final DisposableServer server;

    TakingOverBackend() {
        this("http", UnaryOperator.identity());
    }

    /** With a server that is one of another kind. */
    TakingOverBackend(String scheme, UnaryOperator<HttpServer> kind) {
        this.scheme = scheme;
        server = kind.apply(HttpServer.create())
                .host("127.0.0.1")
                .port(0)
                .handle(this::answer)
                .bindNow();
    }

    String url() {
        return scheme + "://localhost:" + server.port();
    }

    /** The calls with a method that were made for a job. */
    List<Call> calls(String method, String job) {
        return calls.stream()
                .filter(call -> call.method().equals(method) && call.job().equals(job))
                .toList();
    }

    /** Waits until the operation of a job was polled so many times in all. */
    void awaitPolls(String job, int polls) {
        await().atMost(LIMIT)
                .pollInterval(Duration.ofMillis(10))
                .until(() -> calls("GET", job).size() >= polls);
    }

    /** Waits until the operation of a job is deleted. */
    void awaitDelete(String job) {
        await().atMost(LIMIT)
                .pollInterval(Duration.ofMillis(10))
                .until(() -> calls.contains(new Call("DELETE", OPERATIONS + job, "", 0)));
    }

    /** From now on the operation of a job has a response. */
    void done(String job) {
        done.add(job);
    }

    /** The URL that was given with an attempt of a job, waiting for it if need be. */
    String completion(String job, int attempt) {
        String key = job + " " + attempt;
        await().atMost(LIMIT).pollInterval(Duration.ofMillis(10)).until(() -> completions.containsKey(key));
        return completions.get(key);
    }

    private Publisher<Void> answer(HttpServerRequest request, HttpServerResponse response) {
        String path = "/" + request.path();
        String job = request.requestHeaders().get("Sluice-Job", "");
        int attempt = request.requestHeaders().getInt("Sluice-Attempt", 0);
        calls.add(new Call(request.method().name(), path, job, attempt));
        return switch (request.method().name()) {
            case "GET" ->
                done.contains(job)
                        ? response.sendString(Mono.just("done"))
                        : response.status(202).header("Retry-After", "1").send();
            case "DELETE" -> response.status(204).send();
            default -> {
                if (path.contains("/later")) {
                    completions.put(
                            job + " " + attempt, request.requestHeaders().get("Sluice-Completion"));
                    yield response.status(202)
                            .header("Sluice-Completion", "later")
                            .send();
                }
                yield response.status(202)
                        .header("Location", OPERATIONS + job)
                        .header("Retry-After", "1")
                        .send();
            }
        };
    }

    @Override
    public void close() {
        server.disposeNow();
    }
}
