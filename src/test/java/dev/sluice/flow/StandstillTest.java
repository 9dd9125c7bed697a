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

    /** The same, on a route whose time-out is shorter. */
    private static final String HASTY = "/after-6001";

    @TempDir
    Path directory;

    /** The time-out of a route counts the time in which the gateway can have heard of an answer. */
    @Test
    @Timeout(120)
    void noAttemptIsLostAndNoAnswerIsTooLateThatCameMeanwhile() throws Exception {
        try (RecordingBackend backend = new RecordingBackend();
                GatewayProcess gateway = GatewayProcess.start(directory, settings(backend.url()))) {
            Client client = new Client(gateway.url());
            List<String> jobs = List.of(accept(client, SLOW), accept(client, HASTY));
            backend.awaitCalls(SLOW, 1);
            backend.awaitCalls(HASTY, 1);
            gateway.pause();
            backend.awaitAnswers(SLOW, 1);
            backend.awaitAnswers(HASTY, 1);
            gateway.resume();
            for (String job : jobs) {
                assertThat(client.events(job).block(Client.LIMIT))
                        .extracting(Client.Event::name)
                        .containsExactly("accepted", "started", "succeeded");
                assertThat(backend.callsOf(job)).hasSize(1);
            }
        }
    }

    private static String accept(Client client, String path) {
        return client.post(path, null, "{}")
                .block(Client.LIMIT)
                .json()
                .path("id")
                .asString();
    }

    private static List<String> settings(String backend) {
        List<String> settings = new ArrayList<>(List.of("--sluice.queue.lease=3s"));
        for (String path : List.of(SLOW, HASTY)) {
            String route = "--sluice.routes." + path.substring(1);
            settings.addAll(List.of(route + ".path=" + path, route + ".backend=" + backend, route + ".attempts=1"));
        }
        settings.add("--sluice.routes." + HASTY.substring(1) + ".timeout=3s");
        return settings;
    }
}
