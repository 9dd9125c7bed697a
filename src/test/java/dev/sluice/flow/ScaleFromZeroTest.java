package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.FreePorts;
import dev.sluice.ingress.Listeners;
import dev.sluice.ingress.Wire;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.publisher.Flux;

/**
 * A backend that has no replica while there is nothing to do: requests are accepted without it, what waits is the reason to
 * start it, and then all of them are done.
 */
@Timeout(120)
class ScaleFromZeroTest {

    private static final int REQUESTS = 500;

    /** Three times the query must have said so; a scaler takes its time, too. */
    private static final int LOOKS = 3;

    @Test
    void whatIsAcceptedWhileThereIsNoBackendStartsItAndIsDone() throws IOException {
        int port = FreePorts.next();
        try (Listeners gateway = Listeners.dispatching(
                "sluice.routes.reports.path=/steady",
                "sluice.routes.reports.backend=http://127.0.0.1:" + port,
                "sluice.routes.reports.attempts=1")) {
            List<Integer> statuses = accepted(gateway);
            assertThat(statuses).hasSize(REQUESTS).containsOnly(202);
            await().untilAsserted(() ->
                    assertThat(gateway.count("sluice.connections")).isZero());

            int looks = 0;
            while (looks < LOOKS) {
                looks += jobsThatTheScalerSees(gateway) > 0 ? 1 : 0;
            }
            assertThat(jobsThatTheScalerSees(gateway)).isEqualTo(REQUESTS);
            try (RecordingBackend backend = new RecordingBackend(port)) {
                await().atMost(Duration.ofSeconds(60))
                        .untilAsserted(() -> assertThat(jobsThatTheScalerSees(gateway))
                                .as("with no job left the scaler removes the backend again")
                                .isZero());
                assertThat(gateway.count("sluice.jobs.finished", "state", "succeeded"))
                        .isEqualTo(REQUESTS);
                assertThat(backend.callsTo("/steady"))
                        .hasSize(REQUESTS)
                        .allSatisfy(call -> assertThat(call.attempt()).isEqualTo(1));
            }
        }
    }

    private static List<Integer> accepted(Listeners gateway) {
        Client client = new Client("http://127.0.0.1:" + gateway.port());
        return Flux.range(0, REQUESTS)
                .flatMap(i -> client.call("POST", "/steady", "{}", "Connection", "close"), 64)
                .map(Client.Answer::status)
                .collectList()
                .block(Client.LIMIT);
    }

    /** What the query of the sample amounts to: waiting jobs, without delayed ones, and running ones. */
    private static double jobsThatTheScalerSees(Listeners gateway) throws IOException {
        assertThat(MonitoringSamplesTest.scalersQuery().replaceAll("\\s+", " "))
                .isEqualTo("max(sluice_queue_depth{route=\"reports\"} - sluice_queue_delayed{route=\"reports\"} +"
                        + " sluice_queue_running{route=\"reports\"})");
        String metrics = Wire.call(gateway.managementPort(), "GET /actuator/prometheus HTTP/1.1\nHost: localhost")
                .text();
        return value(metrics, "depth") - value(metrics, "delayed") + value(metrics, "running");
    }

    private static double value(String metrics, String name) {
        Matcher sample = Pattern.compile("^sluice_queue_" + name + "\\{route=\"reports\"} (\\S+)$", Pattern.MULTILINE)
                .matcher(metrics);
        assertThat(sample.find()).as(name).isTrue();
        return Double.parseDouble(sample.group(1));
    }
}
