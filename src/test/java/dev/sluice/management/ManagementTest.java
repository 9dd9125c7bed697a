package dev.sluice.management;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.ingress.Listeners;
import dev.sluice.ingress.Wire;
import dev.sluice.route.ConfigurationException;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;

/** The operators' listener, and that it is apart from the public one. */
class ManagementTest {

    private static final String[] ROUTE = {
        "sluice.routes.work.path=/**", "sluice.routes.work.backend=http://localhost:1"
    };

    private static Wire.Reply get(int port, String path) throws IOException {
        return Wire.call(port, "GET " + path + " HTTP/1.1\nHost: localhost");
    }

    @Test
    void healthAndMetricsAreServedThereAndNowhereElse() throws IOException {
        try (Listeners listeners = new Listeners("sluice.routes.work.path=/work", ROUTE[1])) {
            int port = listeners.managementPort();
            assertThat(get(port, "/actuator/health/liveness")
                            .json()
                            .get("status")
                            .asString())
                    .isEqualTo("UP");
            Wire.Reply readiness = get(port, "/actuator/health/readiness");
            assertThat(readiness.status()).isEqualTo(200);
            assertThat(readiness.json().at("/components/journal/status").asString())
                    .isEqualTo("UP");
            assertThat(readiness
                            .json()
                            .at("/components/journal/details/journal")
                            .asString())
                    .isNotEmpty();
            assertThat(get(port, "/actuator/prometheus").text())
                    .contains("sluice_accepted_total{route=\"work\"}")
                    .contains("sluice_refused_total{limit=\"route-queue\",problem=\"queue-full\"}")
                    .contains("sluice_events_readers")
                    .doesNotContain("http_server_requests");
            assertThat(get(port, "/actuator/info").status()).isEqualTo(200);
            for (String path :
                    new String[] {"/actuator/env", "/actuator/beans", "/actuator/heapdump", "/jobs/x", "/work", "/"}) {
                Wire.Reply reply = get(port, path);
                assertThat(reply.status()).isEqualTo(404);
                assertThat(reply.field("Content-Type")).isEqualTo("application/problem+json");
                assertThat(reply.text()).doesNotContain("path", "Exception", "spring");
            }
            for (String path : new String[] {"/actuator/health", "/actuator/prometheus", "/health"}) {
                assertThat(get(listeners.port(), path).problem()).isEqualTo("no-route");
            }
        }
    }

    @Test
    void aJournalThatCannotWriteMakesTheGatewayAliveButNotReady() throws IOException {
        try (Listeners listeners = new Listeners(ROUTE[1], "sluice.routes.work.path=/work")) {
            listeners.journal().close();
            Wire.Reply readiness = get(listeners.managementPort(), "/actuator/health/readiness");
            assertThat(readiness.status()).isEqualTo(503);
            assertThat(readiness.json().at("/components/journal/status").asString())
                    .isEqualTo("DOWN");
            assertThat(get(listeners.managementPort(), "/actuator/health/liveness")
                            .status())
                    .isEqualTo(200);
            Wire.Reply job = get(listeners.port(), "/jobs/01k9zv7m2c4w8h0t5x1q3r6y9a");
            assertThat(job.status()).isEqualTo(500);
            assertThat(job.problem()).isEqualTo("internal-error");
            assertThat(job.text()).doesNotContain("closed", "Exception");
        }
    }

    @Test
    void aGatewayThatStopsIsNotReady() throws IOException {
        try (Listeners listeners = new Listeners(ROUTE[1], "sluice.routes.work.path=/work")) {
            listeners.publish(context -> AvailabilityChangeEvent.publish(context, ReadinessState.REFUSING_TRAFFIC));
            assertThat(get(listeners.managementPort(), "/actuator/health/readiness")
                            .status())
                    .isEqualTo(503);
        }
    }

    @Test
    void aWrongSettingStopsTheStart() {
        assertThatThrownBy(() -> new ManagementProperties(InetAddress.getLoopbackAddress(), 70_000, List.of()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("sluice.management.port is '70000'; expected: a port from 0 to 65535");
        assertThatThrownBy(() -> new ManagementProperties(InetAddress.getLoopbackAddress(), 1, List.of("a", "b:9090")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("sluice.management.allowed-hosts is 'b:9090'; expected: names such as sluice");
        assertThatThrownBy(() -> new Listeners(ROUTE))
                .rootCause()
                .hasMessageContaining("sluice.routes.work.path is '/**'");
        assertThatThrownBy(() -> new Listeners("sluice.management.prt=1"))
                .rootCause()
                .hasMessageContaining("sluice.management.prt");
        assertThatThrownBy(() -> new Listeners("sluice.ingress.jobs-path=jobs/"))
                .rootCause()
                .hasMessageContaining("sluice.ingress.jobs-path is 'jobs/'");
        assertThatThrownBy(() -> new Listeners("sluice.events.buffer=0"))
                .rootCause()
                .hasMessageContaining("sluice.events.buffer is '0'");
        assertThatThrownBy(() -> new Listeners("server.port=23456", "sluice.management.port=23456"))
                .rootCause()
                .hasMessageContaining("sluice.management.port is '23456'");
    }
}
