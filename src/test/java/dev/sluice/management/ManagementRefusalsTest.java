package dev.sluice.management;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ingress.Wire;
import dev.sluice.job.JobId;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the management listener does not take, and what the public one does not have. */
class ManagementRefusalsTest {

    private static Operator operator;

    @BeforeAll
    static void start() {
        operator = new Operator();
    }

    @AfterAll
    static void stop() {
        operator.close();
    }

    @ParameterizedTest
    @CsvSource({
        "colour=red, colour",
        "States=failed, States",
        "state=FAILED, state",
        "state=finished, state",
        "state=failed&state=queued, state",
        "from=yesterday, from",
        "from=2026-11-23, from",
        "to=1700000000, to",
        "limit=0, limit",
        "limit=1001, limit",
        "limit=-1, limit",
        "limit=ten, limit",
        "limit=99999999999, limit",
        "cursor=x, cursor",
        "cursor=AAAAAAAAAAAAAAAAAAAAAB, cursor",
        "cursor=AAAAAAAAAAAAAAAAAAAAAAAA, cursor",
        "cursor=%00, cursor",
        "dry-run=true, dry-run"
    })
    void refusesParametersThatItCannotUseByTheirName(String query, String name) throws IOException {
        Wire.Reply reply = operator.get("/jobs?" + query);
        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.problem()).isEqualTo("bad-request");
        assertThat(reply.json().get("detail").asString()).contains(name);
        assertThat(reply.json().get("retryable").asBoolean()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "POST, /jobs, GET",
        "DELETE, /jobs/01k9zv7m2c4w8h0t5x1q3r6y9a, GET",
        "GET, /jobs/redrive, POST",
        "GET, /jobs/01k9zv7m2c4w8h0t5x1q3r6y9a/redrive, POST",
        "PUT, /routes, GET",
        "POST, /events, GET"
    })
    void saysWhichMethodsAUrlTakes(String method, String path, String allowed) throws IOException {
        Wire.Reply reply = Wire.call(
                operator.listeners.managementPort(),
                method + " " + path + " HTTP/1.1\nHost: localhost\nContent-Length: 0");
        assertThat(reply.status()).isEqualTo(405);
        assertThat(reply.problem()).isEqualTo("method-not-allowed");
        assertThat(reply.field("Allow")).isEqualTo(allowed);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/jobs",
                "/jobs/",
                "/jobs?route=a",
                "/jobs?limit=1",
                "/jobs/redrive",
                "/routes",
                "/events",
                "/openapi.json",
                "/actuator/health",
                "//jobs",
                "/jobs;x=1"
            })
    void thePublicListenerNeverLists(String path) throws IOException {
        JobId id = operator.accept("b");
        for (String method : new String[] {"GET", "POST"}) {
            Wire.Reply reply =
                    Wire.call(operator.listeners.port(), method + " " + path + " HTTP/1.1\nHost: g\nContent-Length: 0");
            assertThat(reply.status()).isEqualTo(404);
            assertThat(reply.problem()).isIn("no-route", "no-job");
            assertThat(reply.text()).doesNotContain(id.toString());
        }
        Wire.Reply redrive = Wire.call(
                operator.listeners.port(), "POST /jobs/" + id + "/redrive HTTP/1.1\nHost: g\nContent-Length: 0");
        assertThat(redrive.problem()).isEqualTo("no-route");
    }
}
