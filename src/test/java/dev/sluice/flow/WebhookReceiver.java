package dev.sluice.flow;

import com.standardwebhooks.Webhook;
import com.standardwebhooks.exceptions.WebhookVerificationException;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Receives callbacks and verifies each with the reference implementation. {@code /hang} never answers, {@code /late} does not the
 * first time that it gets a message, {@code /endless} answers 200 with a body without an end, a path that begins with a number
 * answers with that status, {@code /moved} with 302 to {@code /elsewhere}; all others answer 204.
 */
final class WebhookReceiver implements AutoCloseable {

    /** One call that was verified. */
    record Message(String id, String path, HttpHeaders headers, String body) {
        JsonNode json() {
            return JSON.readTree(body);
        }

        String type() {
            return json().path("type").asString();
        }

        String job() {
            return json().path("data").path("id").asString();
        }
    }

    private static final JsonMapper JSON = new JsonMapper();
    private static final byte[] PIECE = new byte[16 * 1024];

    private final String secret;
    private final Queue<Message> messages = new ConcurrentLinkedQueue<>();
    private final Queue<String> forged = new ConcurrentLinkedQueue<>();
    private final Map<String, Integer> running = new ConcurrentHashMap<>();
    private final Map<String, Integer> most = new ConcurrentHashMap<>();
    private final AtomicLong sent = new AtomicLong();
    private final DisposableServer server;
    private final boolean secure;
    private final boolean anyTime;
    private final Map<String, Integer> statuses = new ConcurrentHashMap<>();

    /** Over http, on any port. */
    WebhookReceiver(String secret) {
        this(secret, 0, false, false);
    }

    WebhookReceiver(String secret, int port) {
        this(secret, port, false, false);
    }

    /** Over https with the {@link ServerKeys}, on any port. */
    static WebhookReceiver secure(String secret) {
        return new WebhookReceiver(secret, 0, true, false);
    }

    /** Over http, for a gateway whose time is another one. */
    static WebhookReceiver atAnyTime(String secret) {
        return new WebhookReceiver(secret, 0, false, true);
    }

    private WebhookReceiver(String secret, int port, boolean secure, boolean anyTime) {
        this.secret = secret;
        this.secure = secure;
        this.anyTime = anyTime;
        try {
            new Webhook(secret)
                    .sign("msg_1", 0, "{}"); // what it needs is read from files once, and not on an event loop
        } catch (Exception e) {
            throw new AssertionError(e);
        }
        HttpServer http = HttpServer.create().host("127.0.0.1").port(port).handle(this::handle);
        server = (secure ? http.secure(spec -> spec.sslContext(ServerKeys.server())) : http).bindNow();
    }

    /** The URL of a path, by the name of the host or by its address. */
    String url(String host, String path) {
        return (secure ? "https://" : "http://") + host + ":" + server.port() + path;
    }

    String url(String path) {
        return url("localhost", path);
    }

    int port() {
        return server.port();
    }

    /** What has been received, in order. */
    List<Message> messages() {
        return List.copyOf(messages);
    }

    List<Message> of(String job) {
        return messages.stream().filter(message -> message.job().equals(job)).toList();
    }

    /** Waits for the first message of a job. */
    Message first(String job) {
        Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> !of(job).isEmpty());
        return of(job).get(0);
    }

    /** What could not be verified. */
    List<String> forged() {
        return List.copyOf(forged);
    }

    /** From now on calls of a path are answered with that status. */
    void answer(String path, int status) {
        statuses.put(path, status);
    }

    /** How many calls of a path there were at once, at most. */
    int most(String path) {
        return most.getOrDefault(path, 0);
    }

    /** How many bytes of endless bodies were asked for. */
    long sent() {
        return sent.get();
    }

    private Publisher<Void> handle(HttpServerRequest request, HttpServerResponse response) {
        String path = request.uri();
        int now = running.merge(path, 1, Integer::sum);
        most.merge(path, now, Math::max);
        return request.receive()
                .aggregate()
                .asString()
                .defaultIfEmpty("")
                .flatMap(body -> Mono.fromRunnable(() -> take(path, request.requestHeaders(), body))
                        .then(Mono.defer(() -> Mono.from(answer(path, body, response)))))
                .doFinally(signal -> running.merge(path, -1, Integer::sum));
    }

    private void take(String path, HttpHeaders headers, String body) {
        try {
            Map<String, List<String>> fields = new LinkedHashMap<>();
            headers.names().forEach(name -> fields.put(name.toLowerCase(java.util.Locale.ROOT), headers.getAll(name)));
            verify(body, fields);
            messages.add(new Message(headers.get("webhook-id"), path, headers.copy(), body));
        } catch (WebhookVerificationException | RuntimeException e) {
            forged.add(path + ": " + e + " " + headers + body);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private void verify(String body, Map<String, List<String>> fields) throws Exception {
        Webhook webhook = new Webhook(secret);
        if (!anyTime) {
            webhook.verify(body, fields);
            return;
        }
        String signature = webhook.sign(
                fields.get("webhook-id").get(0),
                Long.parseLong(fields.get("webhook-timestamp").get(0)),
                body);
        if (!List.of(fields.get("webhook-signature").get(0).split(" ")).contains(signature)) {
            throw new WebhookVerificationException("not signed with the secret");
        }
    }

    private boolean isFirst(String body) {
        return messages.stream().filter(message -> message.body().equals(body)).count() == 1;
    }

    private Publisher<Void> answer(String path, String body, HttpServerResponse response) {
        if (path.startsWith("/hang") || (path.startsWith("/late") && isFirst(body))) {
            return Mono.never();
        } else if (path.startsWith("/endless")) {
            return response.sendByteArray(Flux.<byte[]>generate(sink -> {
                sent.addAndGet(PIECE.length);
                sink.next(PIECE);
            }));
        } else if (path.startsWith("/moved")) {
            return response.status(302).header("Location", "/elsewhere").send();
        }
        if (statuses.containsKey(path)) {
            return response.status(statuses.get(path)).send();
        }
        boolean status = path.matches("/[1-5]\\d\\d.*");
        return response.status(status ? Integer.parseInt(path.substring(1, 4)) : 204)
                .send();
    }

    @Override
    public void close() {
        server.disposeNow();
    }
}
