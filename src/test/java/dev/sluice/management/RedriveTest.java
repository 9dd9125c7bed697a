package dev.sluice.management;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ingress.Listeners;
import dev.sluice.ingress.Wire;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.journal.Lookup;
import dev.sluice.journal.StoredRequest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** New jobs of failed ones. */
class RedriveTest {

    private final Operator operator = new Operator(
            "sluice.routes.b.queue=3",
            "sluice.routes.a.attempts=7",
            "sluice.callbacks.allowed-hosts=hooks.example.com",
            "sluice.callbacks.secrets=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");

    @AfterEach
    void stop() {
        operator.close();
    }

    private Job job(JobId id) {
        return ((Lookup.Known) operator.listeners.journal().find(id).block(Operator.LIMIT)).job();
    }

    private static JobId id(String text) {
        return JobId.parse(text).orElseThrow();
    }

    @Test
    void makesANewJobOfTheStoredRequestAndLeavesTheOldOne() throws IOException {
        byte[] body = new byte[300_000];
        new Random(7).nextBytes(body);
        Wire.Reply accepted = Wire.call(
                operator.listeners.port(),
                "PUT /a?x=1 HTTP/1.1\nHost: g\nIdempotency-Key: k\nX-Twice: 1\nX-Twice: 2\nContent-Length: 300000",
                body);
        JobId old = Listeners.id(accepted);
        Job failed = operator.fail("a");

        Wire.Reply reply = operator.post("/jobs/" + old + "/redrive");
        assertThat(reply.status()).isEqualTo(201);
        JsonNode json = reply.json();
        JobId made = id(json.get("id").asString());
        assertThat(made).isNotEqualTo(old);
        assertThat(reply.field("Location")).isEqualTo("/jobs/" + made);
        assertThat(json.get("redriveOf").asString()).isEqualTo(old.toString());
        assertThat(json.get("state").asString()).isEqualTo("queued");
        assertThat(json.get("attempt").asInt()).isZero();
        assertThat(json.get("maxAttempts").asInt()).isEqualTo(7);
        assertThat(operator.get(reply.field("Location")).json().get("redriveOf").asString())
                .isEqualTo(old.toString());

        StoredRequest first = operator.listeners.request(old);
        StoredRequest again = operator.listeners.request(made);
        assertThat(again.head()).isEqualTo(first.head());
        assertThat(again.size()).isEqualTo(300_000);
        assertThat(Listeners.bytes(again.body())).isEqualTo(body);
        assertThat(job(old)).isEqualTo(failed);
        assertThat(job(made).spec().keepUntil()).as("no idempotency key").isNull();
        assertThat(operator.listeners.claim("a").id()).isEqualTo(made);
    }

    @Test
    void theNewJobHasTheCallbackOfTheFailedOneAndIsInNoGroup() throws IOException {
        String group = Wire.call(operator.listeners.port(), "POST /groups HTTP/1.1\nHost: g\nContent-Length: 0")
                .json()
                .get("id")
                .asString();
        String fields = "\nSluice-Callback: https://hooks.example.com/done?a=b\nSluice-Group: " + group;
        Wire.Reply accepted = Wire.call(
                operator.listeners.port(), "POST /a HTTP/1.1\nHost: g\nContent-Length: 0" + fields, new byte[0]);
        JobId old = Listeners.id(accepted);
        operator.fail("a");
        assertThat(job(old).spec().group()).isNotNull();

        Wire.Reply reply = operator.post("/jobs/" + old + "/redrive");
        assertThat(reply.status()).isEqualTo(201);
        Job made = job(id(reply.json().get("id").asString()));
        assertThat(made.spec().callback()).isEqualTo("https://hooks.example.com/done?a=b");
        assertThat(made.spec().group()).isNull();
    }

    @Test
    void onlyAFailedJobCanBeRedriven() throws IOException {
        JobId queued = operator.accept("a");
        assertRefused(operator.post("/jobs/" + queued + "/redrive"), 409, "not-failed");
        operator.listeners.claim("a");
        assertRefused(operator.post("/jobs/" + queued + "/redrive"), 409, "not-failed");
        operator.cancel(queued);
        assertRefused(operator.post("/jobs/" + queued + "/redrive"), 409, "not-failed");
        assertRefused(operator.post("/jobs/01k9zv7m2c4w8h0t5x1q3r6y9a/redrive"), 404, "no-job");
        assertRefused(operator.post("/jobs/nonsense/redrive"), 404, "no-job");
        JobId failed = operator.failed("a");
        assertRefused(operator.post("/jobs/" + failed + "/redrive?dry-run=true"), 400, "bad-request");
        operator.listeners.journal().forget(failed).block(Operator.LIMIT);
        assertRefused(operator.post("/jobs/" + failed + "/redrive"), 410, "job-expired");
        assertThat(operator.listeners.journal().backlog().waiting()).isZero();
    }

    private static void assertRefused(Wire.Reply reply, int status, String problem) {
        assertThat(reply.status()).isEqualTo(status);
        assertThat(reply.problem()).isEqualTo(problem);
    }

    @Test
    void redrivesWhatAFilterFinds() throws IOException {
        List<String> failed = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            failed.add(operator.failed("a").toString());
        }
        operator.failed("b");
        operator.cancel(operator.accept("a"));

        JsonNode dry =
                operator.post("/jobs/redrive?route=a&state=failed&dry-run=true").json();
        assertThat(dry.get("matched").asInt()).isEqualTo(5);
        assertThat(dry.get("redriven").asInt()).isZero();
        assertThat(Operator.ids(dry.get("jobs"))).containsExactlyInAnyOrderElementsOf(failed);
        assertThat(operator.listeners.journal().backlog().waiting()).isZero();

        Set<String> sources = new HashSet<>();
        String cursor = "";
        for (int expected : new int[] {2, 2, 1}) {
            JsonNode done =
                    operator.post("/jobs/redrive?route=a&limit=2" + cursor).json();
            assertThat(done.get("matched").asInt()).isEqualTo(expected);
            assertThat(done.get("redriven").asInt()).isEqualTo(expected);
            assertThat(done.get("stopped")).isNull();
            Operator.ids(done.get("jobs"))
                    .forEach(
                            made -> sources.add(job(id(made)).spec().redriveOf().toString()));
            cursor = done.get("next") == null
                    ? ""
                    : "&cursor=" + done.get("next").asString();
        }
        assertThat(cursor).isEmpty();
        assertThat(sources).containsExactlyInAnyOrderElementsOf(failed);
        assertThat(operator.listeners.journal().backlog().waiting()).isEqualTo(5);
    }

    @Test
    void stopsWhenTheQueueIsFullAndSaysHowFarItCame() throws IOException {
        for (int i = 0; i < 5; i++) {
            operator.failed("b");
        }
        JsonNode done = operator.post("/jobs/redrive?route=b").json();
        assertThat(done.get("matched").asInt()).isEqualTo(5);
        assertThat(done.get("redriven").asInt()).isEqualTo(3);
        assertThat(Operator.ids(done.get("jobs"))).hasSize(3);
        assertThat(done.at("/stopped/type").asString()).isEqualTo("urn:sluice:problem:queue-full");
        assertThat(operator.listeners.journal().backlog().waiting()).isEqualTo(3);

        Wire.Reply full = operator.post("/jobs/redrive?route=b");
        assertRefused(full, 503, "queue-full");
        assertThat(Integer.parseInt(full.field("Retry-After"))).isPositive();
        JobId one = id(Operator.ids(operator.get("/jobs?state=failed").json().get("jobs"))
                .get(0));
        assertRefused(operator.post("/jobs/" + one + "/redrive"), 503, "queue-full");

        for (int i = 0; i < 3; i++) {
            operator.cancel(operator.listeners.claim("b").id());
        }
        JsonNode rest = operator.post(
                        "/jobs/redrive?route=b&cursor=" + done.get("next").asString())
                .json();
        assertThat(rest.get("redriven").asInt()).isEqualTo(2);
        assertThat(rest.get("next")).isNull();
    }

    @Test
    void redrivesNothingIfItIsNotSureWhatWasMeant() throws IOException {
        operator.failed("a");
        for (String query : new String[] {
            "state=queued", "dry-run=yes", "dryRun=true", "limit=5000", "routes=a", "route=a&route=b", "cursor=-"
        }) {
            Wire.Reply reply = operator.post("/jobs/redrive?" + query);
            assertRefused(reply, 400, "bad-request");
            assertThat(reply.json().get("detail").asString()).contains(query.substring(0, query.indexOf('=')));
        }
        assertThat(operator.listeners.journal().backlog().waiting()).isZero();
    }

    @Test
    void pagesOfOtherSitesCannotRedrive() throws IOException {
        operator.failed("a");
        for (String from : new String[] {
            "Sec-Fetch-Site: cross-site",
            "Sec-Fetch-Site: same-site\nOrigin: http://g",
            "Origin: http://elsewhere",
            "Origin: http://xg",
            "Origin: null"
        }) {
            assertRefused(redriveAll(from), 400, "bad-request");
        }
        assertThat(operator.listeners.journal().backlog().waiting()).isZero();
        assertThat(redriveAll("Sec-Fetch-Site: same-origin\nOrigin: http://behind.a.proxy")
                        .status())
                .isEqualTo(200);
        assertThat(redriveAll("Sec-Fetch-Site: none").status()).isEqualTo(200);
        assertThat(redriveAll("Origin: http://localhost").status()).isEqualTo(200);
    }

    private Wire.Reply redriveAll(String field) throws IOException {
        return Wire.call(
                operator.listeners.managementPort(),
                "POST /jobs/redrive HTTP/1.1\nHost: localhost\nContent-Length: 0\n" + field);
    }
}
