package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
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
            String job = runsWhileItStandsStill(backend, gateway);
            assertThat(names(gateway, job)).containsExactly("accepted", "started", "succeeded");
            assertThat(backend.callsOf(job)).hasSize(1);
        }
    }

    /** The time-out of the route counts the time in which the gateway can have heard of an answer. */
    @Test
    @Timeout(120)
    void noAnswerIsTooLateThatCameMeanwhile() throws Exception {
        try (RecordingBackend backend = new RecordingBackend();
                GatewayProcess gateway =
                        GatewayProcess.start(directory, settings(backend.url(), "--sluice.routes.slow.timeout=3s"))) {
            String job = runsWhileItStandsStill(backend, gateway);
            assertThat(names(gateway, job)).containsExactly("accepted", "started", "succeeded");
        }
    }

    private static String runsWhileItStandsStill(RecordingBackend backend, GatewayProcess gateway) throws Exception {
        Client.Answer accepted =
                new Client(gateway.url()).post(SLOW, null, "{}").block(Client.LIMIT);
        backend.awaitCalls(SLOW, 1);
        gateway.pause();
        backend.awaitAnswers(SLOW, 1);
        gateway.resume();
        return accepted.json().path("id").asString();
    }

    private static List<String> names(GatewayProcess gateway, String job) {
        return new Client(gateway.url())
                .events(job).block(Client.LIMIT).stream()
                        .map(Client.Event::name)
                        .toList();
    }

    private static List<String> settings(String backend, String... more) {
        List<String> settings = new ArrayList<>(List.of(
                "--sluice.queue.lease=3s",
                "--sluice.routes.slow.path=" + SLOW,
                "--sluice.routes.slow.backend=" + backend,
                "--sluice.routes.slow.attempts=1"));
        settings.addAll(List.of(more));
        return settings;
    }
}
