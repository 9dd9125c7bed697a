package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ingress.Listeners;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;

/** Promise 7, the other way round: a backend gets no more than it can bear. */
class PacedTest {

    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int JOBS = 60;
    private static final double INTERVAL_MILLIS = 20;

    @TempDir
    private Path directory;

    @Test
    void callsAreStartedAtTheRateOfTheirRoute() throws Exception {
        try (RecordingBackend backend = new RecordingBackend();
                Listeners gateway = Listeners.dispatching(
                        "sluice.journal.type=rocksdb",
                        "sluice.journal.path=" + directory.resolve("data"),
                        "sluice.routes.paced.path=/steady",
                        "sluice.routes.paced.backend=" + backend.url(),
                        "sluice.routes.paced.concurrency.max=64",
                        "sluice.routes.paced.rate=50/s")) {
            Client client = new Client("http://127.0.0.1:" + gateway.port());
            Flux.range(0, JOBS)
                    .flatMap(n -> client.post("/steady", null, "n" + n), 8)
                    .collectList()
                    .block(LIMIT);
            backend.awaitCalls("/steady", JOBS);
            List<Long> starts = backend.callsTo("/steady").stream()
                    .map(RecordingBackend.Call::at)
                    .sorted()
                    .toList();
            double millis = (starts.get(JOBS - 1) - starts.get(0)) / 1e6;
            // One start is made up for, and how long a call takes to arrive differs.
            assertThat(millis).isGreaterThan((JOBS - 2) * INTERVAL_MILLIS - 30);
        }
    }
}
