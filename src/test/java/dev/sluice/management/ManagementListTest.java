package dev.sluice.management;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ingress.Wire;
import dev.sluice.job.JobId;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What operators are shown of jobs and routes, and that nobody else is. */
class ManagementListTest {

    private final Operator operator = new Operator(
            "sluice.routes.a.methods=POST",
            "sluice.routes.a.consumes=",
            "sluice.routes.a.timeout=1500ms",
            "sluice.routes.a.add-request-headers.X-Backend-Key=tr0ub4dor");

    @AfterEach
    void stop() {
        operator.close();
    }

    private List<String> list(String query) throws IOException {
        Wire.Reply reply = operator.get("/jobs" + query);
        assertThat(reply.status()).as(reply.text()).isEqualTo(200);
        assertThat(reply.field("Content-Type")).isEqualTo("application/json");
        return Operator.ids(reply.json().get("jobs"));
    }

    private static List<String> newestFirst(JobId... ids) {
        return Stream.of(ids)
                .sorted(Comparator.reverseOrder())
                .map(JobId::toString)
                .toList();
    }

    @Test
    void showsTheJobsThatAFilterAsksFor() throws IOException {
        JobId failed = operator.failed("a");
        JobId running = operator.accept("a");
        operator.listeners.claim("a");
        JobId waiting = operator.accept("a");
        JobId other = operator.accept("b");
        JobId cancelled = operator.accept("b");
        operator.cancel(cancelled);

        assertThat(list("")).isEqualTo(newestFirst(failed, running, waiting, other, cancelled));
        assertThat(list("?route=a")).isEqualTo(newestFirst(failed, running, waiting));
        assertThat(list("?state=queued")).isEqualTo(newestFirst(waiting, other));
        assertThat(list("?state=running")).containsExactly(running.toString());
        assertThat(list("?state=failed&route=a")).containsExactly(failed.toString());
        assertThat(list("?state=succeeded")).isEmpty();
        assertThat(list("?route=b&state=cancelled")).containsExactly(cancelled.toString());
        assertThat(list("?route=gone")).isEmpty();
        assertThat(list("?route=&state=&from=&to=&limit=&cursor=")).hasSize(5);
    }

    @Test
    void showsTheJobsThatWereAcceptedInATime() throws IOException {
        JobId first = operator.accept("a");
        JobId later = operator.accept("a");
        while (later.millis() == first.millis()) {
            later = operator.accept("a");
        }
        String between = java.time.Instant.ofEpochMilli(later.millis()).toString();
        assertThat(list("?from=" + between)).containsExactly(later.toString());
        assertThat(list("?to=" + between)).doesNotContain(later.toString()).contains(first.toString());
        assertThat(list("?from=" + between + "&to=" + between)).isEmpty();
        assertThat(list("?from=1970-01-01T00:00:00Z&to=9999-01-01T00:00:00%2B01:00"))
                .contains(first.toString(), later.toString());
    }

    @Test
    void pagesGoOnWhereTheyEndedWhateverHappensMeanwhile() throws IOException {
        List<JobId> jobs = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            jobs.add(operator.accept("a"));
        }
        operator.accept("b");
        List<String> seen = new ArrayList<>();
        String url = "/jobs?limit=3&route=a";
        int pages = 0;
        while (url != null) {
            Wire.Reply reply = operator.get(url);
            assertThat(reply.status()).isEqualTo(200);
            seen.addAll(Operator.ids(reply.json().get("jobs")));
            pages++;
            String link = reply.field("Link");
            assertThat(link == null).isEqualTo(reply.json().get("next") == null);
            if (link != null) {
                assertThat(link)
                        .matches("</jobs\\?limit=3&route=a&cursor=[\\w-]+>; rel=\"next\"")
                        .contains(reply.json().get("next").asString());
            }
            url = link == null ? null : link.substring(1, link.indexOf('>'));
            // One that was shown and one that was not end, and more come.
            operator.cancel(jobs.get(jobs.size() - pages));
            operator.fail("a");
            operator.accept("a");
        }
        assertThat(pages).isBetween(3, 4);
        assertThat(seen).isEqualTo(newestFirst(jobs.toArray(JobId[]::new)));
    }

    @Test
    void theNextPageKeepsAllFilters() throws IOException {
        operator.accept("a");
        operator.accept("a");
        String filters = "route=a&state=queued&from=2020-01-01T00%3A00%3A00Z&to=2999-01-01T00%3A00%3A00Z";
        String link = operator.get("/jobs?limit=1&" + filters).field("Link");
        assertThat(link).startsWith("</jobs?limit=1&" + filters + "&cursor=");
        assertThat(list(link.substring("</jobs".length(), link.indexOf('>')))).hasSize(1);
    }

    @Test
    void showsNothingOfRequestsButThatTheyWere() throws IOException {
        Wire.call(
                operator.listeners.port(),
                "POST /a?token=sesame HTTP/1.1\nHost: g\nAuthorization: Bearer hunter2\nContent-Length: 6",
                "secret".getBytes());
        String id = list("").get(0);
        for (String path : new String[] {"/jobs", "/jobs/" + id, "/routes"}) {
            assertThat(operator.get(path).text())
                    .doesNotContain("hunter2", "secret", "sesame", "Bearer", "tr0ub4dor")
                    .contains("\"a\"");
        }
    }

    @Test
    void showsOneJobAsThePublicListenerDoes() throws IOException {
        JobId id = operator.failed("a");
        Wire.Reply reply = operator.get("/jobs/" + id);
        Wire.Reply open = Wire.call(operator.listeners.port(), "GET /jobs/" + id + " HTTP/1.1\nHost: g");
        assertThat(reply.json()).isEqualTo(open.json());
        assertThat(operator.get("/jobs/" + id.toString().toUpperCase(java.util.Locale.ROOT))
                        .problem())
                .isEqualTo("no-job");
        assertThat(operator.get("/jobs/01k9zv7m2c4w8h0t5x1q3r6y9a").problem()).isEqualTo("no-job");
        operator.listeners.journal().forget(id).block(Operator.LIMIT);
        assertThat(operator.get("/jobs/" + id).status()).isEqualTo(410);
        assertThat(operator.get("/jobs/" + id).problem()).isEqualTo("job-expired");
    }

    @Test
    void showsHowRoutesAreSetAndHowTheyStand() throws IOException {
        operator.accept("a");
        operator.accept("a");
        operator.listeners.claim("a");
        JsonNode routes = operator.get("/routes").json().get("routes");
        assertThat(Operator.ids(routes)).containsExactlyInAnyOrder("a", "b", "callbacks");
        JsonNode a = routes.valueStream()
                .filter(route -> route.get("id").asString().equals("a"))
                .findFirst()
                .orElseThrow();
        assertThat(a.get("path").asString()).isEqualTo("/a");
        assertThat(a.get("mode").asString()).isEqualTo("async");
        assertThat(a.get("backend").asString()).isEqualTo("http://localhost:1");
        assertThat(a.get("depth").asInt()).isEqualTo(1);
        assertThat(a.get("delayed").asInt()).isZero();
        assertThat(a.get("running").asInt()).isEqualTo(1);
        assertThat(a.get("limit").asInt()).isEqualTo(16);
        assertThat(a.get("limitPer").asString()).isEqualTo("node");
        assertThat(a.at("/settings/concurrency").asInt()).isEqualTo(16);
        assertThat(a.get("oldest").asString()).matches("20\\d\\d-.*\\.\\d{3}Z");
        assertThat(a.get("oldestAge").asInt()).isNotNegative();
        assertThat(a.at("/rates/accepted").asDouble()).isPositive();
        assertThat(a.at("/settings/timeout").asString()).isEqualTo("1500ms");
        assertThat(a.at("/settings/queue").asInt()).isEqualTo(100_000);
        assertThat(a.at("/settings/success/0").asString()).isEqualTo("100-399");
        assertThat(a.at("/settings/retry-on/0").asString()).isEqualTo("408");
        assertThat(a.at("/settings/add-request-headers/0").asString()).isEqualTo("X-Backend-Key");
    }

    /** Names, their order, and how values are written. */
    @Test
    void listsRoutesToTheByte() throws IOException {
        String all = operator.get("/routes").text();
        int from = all.indexOf("{\"id\":\"b\"");
        assertThat(all.substring(from, all.indexOf("}}", from) + 2))
                .isEqualTo("{\"id\":\"b\",\"path\":\"/b\",\"mode\":\"async\",\"backend\":\"http://localhost:1\","
                        + "\"depth\":0,\"delayed\":0,\"running\":0,\"limit\":16,\"limitPer\":\"node\","
                        + "\"rates\":{\"accepted\":0.00,\"attempts\":0.00,\"finished\":0.00},"
                        + "\"breaker\":{\"state\":\"closed\",\"calls\":0,\"failures\":0},\"paused\":false,"
                        + "\"settings\":{\"methods\":[],\"headers\":[],\"wait\":\"0s\",\"when-finished\":\"status\","
                        + "\"strip-prefix\":0,\"add-request-headers\":[],\"drop-request-headers\":[],"
                        + "\"drop-response-headers\":[],\"credentials\":[],\"consumes\":[],"
                        + "\"max-request\":\"10485760B\",\"max-response\":\"104857600B\","
                        + "\"max-response-header\":\"65536B\",\"idempotency\":\"optional\","
                        + "\"idempotency-scope\":\"caller\",\"priority\":true,\"concurrency\":16,\"queue\":100000,"
                        + "\"connect-timeout\":\"5s\",\"idle-connection\":\"30s\",\"connection-life\":\"600s\","
                        + "\"timeout\":\"60s\",\"idle-timeout\":\"60s\",\"stream\":\"auto\",\"follow\":false,"
                        + "\"follow-cancel\":false,\"attempts\":5,"
                        + "\"backoff\":\"1s\",\"max-backoff\":\"300s\",\"max-hold\":\"900s\",\"give-up\":\"86400s\","
                        + "\"retry-on\":[\"408\",\"425\",\"429\",\"500\",\"502\",\"503\",\"504\"],\"breaker\":true,"
                        + "\"success\":[\"100-399\"],\"keep\":\"86400s\"}}");
    }
}
