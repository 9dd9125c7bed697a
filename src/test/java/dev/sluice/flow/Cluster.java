package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Several gateways that share one journal. */
final class Cluster implements AutoCloseable {

    /** One of them, with a client of each of its listeners. */
    record Node(String name, GatewayProcess gateway, Client client, Client operator) {
        @Override
        public String toString() {
            return name;
        }
    }

    private final Path directory;
    private final List<String> settings;
    private final List<Node> nodes = new ArrayList<>();
    private final List<Node> paused = new ArrayList<>();
    private int started;

    /**
     * Has no node yet.
     *
     * @param directory for their logs
     * @param settings of each of them
     */
    Cluster(Path directory, List<String> settings) {
        this.directory = directory;
        this.settings = new ArrayList<>(settings);
    }

    /** Gives the nodes that are started from now on another value of a setting. */
    synchronized void change(String setting) {
        String key = setting.substring(0, setting.indexOf('=') + 1);
        settings.replaceAll(old -> old.startsWith(key) ? setting : old);
    }

    /** Starts so many at once and waits until all of them are ready. */
    synchronized List<Node> start(int count) throws IOException {
        List<Node> launched = new ArrayList<>();
        for (int n = 0; n < count; n++) {
            String name = "node-" + ++started;
            GatewayProcess gateway =
                    GatewayProcess.launch(Files.createDirectories(directory.resolve(name)), List.copyOf(settings));
            launched.add(new Node(name, gateway, new Client(gateway.url()), new Client(gateway.managementUrl())));
        }
        try {
            for (Node node : launched) {
                GatewayProcess.ready(node.gateway());
            }
        } catch (IOException | RuntimeException | Error e) {
            launched.forEach(node -> node.gateway().close());
            throw e;
        }
        nodes.addAll(launched);
        return launched;
    }

    /** Starts as many as are missing. */
    synchronized List<Node> complete(int count) throws IOException {
        start(Math.max(0, count - nodes.size()));
        return live();
    }

    /** Those that were not ended. */
    synchronized List<Node> live() {
        return List.copyOf(nodes);
    }

    /** One that is none of these. */
    Node other(Node... not) {
        return live().stream()
                .filter(node -> !Arrays.asList(not).contains(node))
                .findFirst()
                .orElseThrow();
    }

    /** The one that made a call of the backend. */
    Node caller(RecordingBackend.Call call) {
        // The URL for reports of progress is the gateway's own.
        return live().stream()
                .filter(node -> call.headers().get("Sluice-Progress").contains(port(node) + "/"))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no node made " + call));
    }

    private static String port(Node node) {
        String url = node.gateway().url();
        return url.substring(url.lastIndexOf(':'));
    }

    /** SIGKILL. */
    void kill(Node node) throws InterruptedException {
        leave(node);
        node.gateway().kill();
    }

    /** SIGTERM; does not wait for its end. */
    void terminate(Node node) {
        leave(node);
        node.gateway().terminate();
    }

    private synchronized void leave(Node node) {
        assertThat(nodes.remove(node)).as("%s is alive", node).isTrue();
    }

    /** SIGSTOP until {@link #resume}. */
    synchronized void pause(Node node) throws IOException, InterruptedException {
        paused.add(node);
        node.gateway().pause();
    }

    /** SIGCONT. */
    synchronized void resume(Node node) throws IOException, InterruptedException {
        paused.remove(node);
        node.gateway().resume();
    }

    /** SIGSTOP, and SIGCONT so much later, when it completes. */
    CompletableFuture<Void> pauseFor(Node node, Duration time) throws IOException, InterruptedException {
        pause(node);
        return Mono.delay(time, Schedulers.boundedElastic())
                .then(Mono.<Void>fromCallable(() -> {
                    resume(node);
                    return null;
                }))
                .toFuture();
    }

    /** What all nodes have printed that lives. */
    String logs() {
        return live().stream()
                .map(node -> "== " + node + "\n" + node.gateway().log())
                .collect(Collectors.joining("\n"));
    }

    @Override
    public synchronized void close() {
        nodes.forEach(node -> node.gateway().close());
    }
}
