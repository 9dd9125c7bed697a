package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Promise 2: a gateway that stood still for longer than a lease, because it was stopped or its machine was busy, has not
 * lost what it runs: nobody else can have taken it.
 */
class StandstillTest {

    /** Longer than the lease, and than anything that is done in a hurry before. */
    private static final String SLOW = "/after-6000";

    @TempDir
    Path directory;

    @Test
    @Timeout(120)
    void noAttemptIsLost() throws Exception {
        try (RecordingBackend backend = new RecordingBackend();
                GatewayProcess gateway = GatewayProcess.start(directory, settings(backend.url()))) {
            Client client = new Client(gateway.url());
            Client.Answer accepted = client.post(SLOW, null, "{}").block(Client.LIMIT);
            String job = accepted.json().path("id").asString();
            backend.awaitCalls(SLOW, 1);
            gateway.pause();
            backend.awaitAnswers(SLOW, 1);
            gateway.resume();

            List<String> names = client.events(job).block(Client.LIMIT).stream()
                    .map(Client.Event::name)
                    .toList();
            assertThat(names).containsExactly("accepted", "started", "succeeded");
            assertThat(backend.callsOf(job)).hasSize(1);
        }
    }

    private static List<String> settings(String backend) {
        return List.of(
                "--sluice.queue.lease=3s",
                "--sluice.routes.slow.path=" + SLOW,
                "--sluice.routes.slow.backend=" + backend,
                "--sluice.routes.slow.attempts=1");
    }
}
