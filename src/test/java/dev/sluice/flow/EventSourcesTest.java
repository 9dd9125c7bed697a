package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;

import com.launchdarkly.eventsource.ErrorStrategy;
import com.launchdarkly.eventsource.MessageEvent;
import dev.sluice.NodePackages;
import java.io.BufferedReader;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.sse.EventSource;
import okhttp3.sse.EventSourceListener;
import okhttp3.sse.EventSources;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Readers of event streams by other people, unmodified, get every event once and in order, and then are silent. */
@Timeout(180)
class EventSourcesTest {

    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String PATH = "/work/sources";
    private static final List<String> NODE = List.of(
            "eventsource", "eventsource-2", "event-source-polyfill", "fetch-event-source", "eventsource-parser");
    private static final List<String> JAVA = List.of("okhttp-sse", "okhttp-eventsource");

    @TempDir
    private Path directory;

    private final Map<String, List<String>> told = new ConcurrentHashMap<>();
    private final OkHttpClient okhttp =
            new OkHttpClient.Builder().readTimeout(Duration.ZERO).build();

    /** Cut in the middle of an event, then a kill of the gateway, then the end. */
    @Test
    void everyEventOnceAndSilenceAfterTheEnd() throws Exception {
        NodePackages.install();
        try (RecordingBackend backend = new RecordingBackend();
                GatewayProcess gateway = GatewayProcess.start(
                        directory,
                        List.of(
                                "--sluice.events.retry=100ms",
                                "--sluice.routes.work.path=/work/**",
                                "--sluice.routes.work.backoff=10ms",
                                "--sluice.routes.work.backend=" + backend.url() + "/held"));
                // In the middle of event 2, behind what most frames begin with.
                CuttingRelay relay = new CuttingRelay(gateway.url(), "\"seq\":2,")) {
            String id = new Client(gateway.url())
                    .call("POST", PATH, "{}")
                    .block(LIMIT)
                    .json()
                    .path("id")
                    .asString();
            String events = relay.url() + "/jobs/" + id + "/events";
            Process node = NodePackages.start("eventsources.mjs", events);
            try {
                List<Thread> readers = List.of(
                        start(() -> listen(node.inputReader())),
                        start(() -> launchDarkly(URI.create(events + "?reader=okhttp-eventsource"))));
                new OkHttpReader(events + "?reader=okhttp-sse").open();
                await("2 started");
                assertThat(relay.known()).hasSizeGreaterThanOrEqualTo(NODE.size() + JAVA.size());

                backend.awaitCalls("/held" + PATH, 1);
                gateway.kill();
                try (GatewayProcess again = gateway.again()) {
                    await("4 started");
                    backend.release("/held" + PATH);
                    await("end");
                    for (Thread reader : readers) {
                        reader.join(LIMIT.toMillis());
                    }
                    // It ends when nothing is left to be done, such as to come back once more.
                    assertThat(node.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS))
                            .as("Node ends")
                            .isTrue();
                }
            } finally {
                node.destroyForcibly();
                okhttp.dispatcher().executorService().shutdown();
            }
        }
        assertThat(told)
                .hasSize(NODE.size() + JAVA.size())
                .allSatisfy((reader, lines) -> assertThat(lines)
                        .as(reader)
                        .containsExactly("1 accepted", "2 started", "3 requeued", "4 started", "5 succeeded", "end"));
    }

    private void await(String line) {
        Awaitility.await()
                .atMost(LIMIT)
                .untilAsserted(() -> assertThat(told)
                        .hasSize(NODE.size() + JAVA.size())
                        .allSatisfy(
                                (reader, lines) -> assertThat(lines).as(reader).contains(line)));
    }

    private void tell(String reader, String line) {
        told.computeIfAbsent(reader, any -> new CopyOnWriteArrayList<>()).add(line.strip());
    }

    private static Thread start(Runnable work) {
        Thread thread = new Thread(work, "reader");
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private void listen(BufferedReader output) {
        output.lines().forEach(line -> {
            int space = line.indexOf(' ');
            tell(space < 0 ? "?" : line.substring(0, space), line.substring(space + 1));
        });
    }

    /** It does not know 204, so it is closed at the final event. */
    private void launchDarkly(URI uri) {
        try (var source = new com.launchdarkly.eventsource.EventSource.Builder(uri)
                .errorStrategy(ErrorStrategy.alwaysContinue())
                .build()) {
            for (MessageEvent event : source.messages()) {
                tell("okhttp-eventsource", event.getLastEventId() + " " + event.getEventName());
                if (event.getEventName().equals("succeeded")) {
                    break;
                }
            }
        }
        tell("okhttp-eventsource", "end");
    }

    /** It does not come back by itself: the caller opens it again. */
    private final class OkHttpReader extends EventSourceListener {

        private final String uri;
        private String last = "0";

        OkHttpReader(String uri) {
            this.uri = uri;
        }

        void open() {
            EventSources.createFactory(okhttp)
                    .newEventSource(
                            new Request.Builder()
                                    .url(uri)
                                    .header("Last-Event-ID", last)
                                    .build(),
                            this);
        }

        @Override
        public void onEvent(EventSource source, String id, String type, String data) {
            last = id;
            tell("okhttp-sse", id + " " + type);
        }

        @Override
        public void onClosed(EventSource source) {
            comeBack();
        }

        @Override
        public void onFailure(EventSource source, Throwable error, Response response) {
            if (response != null && response.code() == 204) {
                tell("okhttp-sse", "end");
            } else {
                comeBack();
            }
        }

        private void comeBack() {
            CompletableFuture.delayedExecutor(100, TimeUnit.MILLISECONDS).execute(this::open);
        }
    }
}
