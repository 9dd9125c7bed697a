package dev.sluice.loadtest.load;

import io.netty.channel.ChannelOption;
import java.net.URI;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/** Receives callbacks in this process and knows what each job was said to have become. */
public final class CallbackReceiver implements AutoCloseable {

    private static final Pattern JOB =
            Pattern.compile("\"data\"\\s*:\\s*\\{.*?\"id\"\\s*:\\s*\"([^\"]+)\"", Pattern.DOTALL);
    private static final Pattern TYPE = Pattern.compile("\"type\"\\s*:\\s*\"job\\.(\\w+)\"");

    private final Map<String, Told> jobs = new ConcurrentHashMap<>();
    private final DisposableServer server;

    /**
     * What came for a job.
     *
     * @param deliveries how many
     * @param messages different {@code webhook-id}s among them
     * @param states what they said that the job became
     */
    public record Told(int deliveries, Set<String> messages, Set<String> states) {

        private static final Told NOTHING = new Told(0, Set.of(), Set.of());

        private Told plus(String message, String state) {
            return new Told(deliveries + 1, with(messages, message), with(states, state));
        }

        private static Set<String> with(Set<String> some, String one) {
            Set<String> more = new HashSet<>(some);
            more.add(one);
            return Set.copyOf(more);
        }
    }

    public CallbackReceiver() {
        server = HttpServer.create()
                .host("127.0.0.1")
                .port(0)
                .option(ChannelOption.SO_BACKLOG, 1_024)
                .handle(this::handle)
                .bindNow();
    }

    /** What is sent as {@code Sluice-Callback}. */
    public URI url() {
        return URI.create("http://127.0.0.1:" + server.port() + "/told");
    }

    /** What a gateway needs to call it. */
    public static List<String> properties() {
        return List.of(
                "--sluice.callbacks.allowed-hosts=127.0.0.1:*",
                "--sluice.callbacks.allow-private-addresses=true",
                "--sluice.callbacks.secrets=whsec_bG9hZHRlc3QgbG9hZHRlc3QgbG9hZHRlc3QgbG9h");
    }

    private Mono<Void> handle(HttpServerRequest request, HttpServerResponse response) {
        String message = request.requestHeaders().get("webhook-id", "");
        return request.receive()
                .aggregate()
                .asString()
                .doOnNext(body -> received(message, body))
                .then(response.status(204).send());
    }

    private void received(String message, String body) {
        Matcher job = JOB.matcher(body);
        Matcher type = TYPE.matcher(body);
        if (job.find() && type.find()) {
            jobs.merge(
                    job.group(1),
                    Told.NOTHING.plus(message, type.group(1)),
                    (before, one) -> before.plus(message, type.group(1)));
        }
    }

    /** What came for a job so far. */
    public Told told(String job) {
        return jobs.getOrDefault(job, Told.NOTHING);
    }

    @Override
    public void close() {
        server.disposeNow(Duration.ofSeconds(5));
    }
}
