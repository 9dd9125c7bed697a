package dev.sluice.management;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ingress.Wire;
import dev.sluice.job.JobId;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** For which hosts the management listener answers: a page whose name is rebound to its address gets nothing. */
class AllowedHostsTest {

    private static Operator operator;

    @BeforeAll
    static void start() {
        operator = new Operator("sluice.management.allowed-hosts=sluice,Gateway.Internal");
    }

    @AfterAll
    static void stop() {
        operator.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1",
                "127.0.0.1:9090",
                "10.1.2.3:9090",
                "[::1]",
                "[::1]:9090",
                "localhost",
                "LOCALHOST:9090",
                "localhost.",
                "console.localhost:9090",
                "sluice:9090",
                "gateway.internal",
                "GATEWAY.internal.:9090",
                ""
            })
    void anAddressLocalhostAndWhatIsConfigured(String host) {
        assertThat(new AllowedHosts(List.of("sluice", "Gateway.Internal")).allows(host))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "evil.example",
                "evil.example:9090",
                "127.0.0.1.evil.example",
                "evil-localhost",
                "localhost.evil.example",
                "sluice.evil.example",
                "evil.example.",
                "2130706433",
                "0x7f.1",
                "127.1",
                "[::1].evil.example",
                "[evil]",
                "a b",
                "localhost, evil.example"
            })
    void noOther(String host) {
        assertThat(new AllowedHosts(List.of("sluice", "gateway.internal")).allows(host))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /jobs",
                "GET /routes",
                "GET /events",
                "GET /openapi.json",
                "GET /actuator/health",
                "GET /actuator/prometheus",
                "GET /nothing",
                "POST /jobs/redrive"
            })
    void nothingIsAnsweredForAnotherHost(String line) throws IOException {
        JobId failed = operator.failed("a");
        Wire.Reply reply = call(line, "Host: rebound.example:9090\nSec-Fetch-Site: same-origin\nContent-Length: 0");
        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.problem()).isEqualTo("bad-request");
        assertThat(reply.json().get("detail").asString()).contains("sluice.management.allowed-hosts");
        assertThat(reply.text()).doesNotContain(failed.toString());
        assertThat(operator.listeners.journal().backlog().waiting()).isZero();
    }

    @Test
    void whoIsAskedByItsNameAnswers() throws IOException {
        assertThat(call("GET /jobs", "Host: sluice:9090").status()).isEqualTo(200);
        assertThat(call("GET /actuator/prometheus", "Host: gateway.internal").status())
                .isEqualTo(200);
        assertThat(Wire.call(operator.listeners.managementPort(), "GET /jobs HTTP/1.0\nX: y")
                        .status())
                .as("no browser")
                .isEqualTo(200);
    }

    private static Wire.Reply call(String line, String fields) throws IOException {
        return Wire.call(operator.listeners.managementPort(), line + " HTTP/1.1\n" + fields);
    }
}
