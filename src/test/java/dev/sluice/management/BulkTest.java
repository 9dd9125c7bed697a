package dev.sluice.management;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ingress.Description;
import dev.sluice.ingress.Wire;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.journal.JobIntake;
import dev.sluice.journal.Journal;
import dev.sluice.journal.Lookup;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.web.server.MockServerWebExchange;
import org.springframework.web.reactive.function.server.RequestPredicates;
import org.springframework.web.reactive.function.server.RouterFunctions;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** All jobs that a filter finds are cancelled or erased. */
class BulkTest {

    private final Operator operator = new Operator();

    @AfterEach
    void stop() {
        operator.close();
    }

    private Lookup find(JobId id) {
        return operator.listeners.journal().find(id).block(Operator.LIMIT);
    }

    private JobState state(JobId id) {
        return ((Lookup.Known) find(id)).job().state();
    }

    @Test
    void cancelsWhatIsNotFinished() throws IOException {
        List<JobId> ids = new ArrayList<>();
        for (int i = 0; i < 450; i++) { // more than two pages
            ids.add(operator.accept("a"));
        }
        Job running = operator.listeners.claim("a");
        JobId failed = operator.failed("b");
        JobId other = operator.accept("b");
        JsonNode dry = operator.post("/jobs/cancel?route=a&dry-run=true").json();
        assertThat(dry.get("matched").asInt()).isEqualTo(450);
        assertThat(dry.get("cancelled").asInt()).isZero();
        assertThat(Operator.ids(dry.get("jobs")))
                .containsExactlyInAnyOrderElementsOf(
                        ids.stream().map(JobId::toString).toList());
        assertThat(state(running.id())).isEqualTo(JobState.RUNNING);

        Wire.Reply reply = operator.post("/jobs/cancel?route=a");
        new Description(operator.get("/openapi.json").body()).check("POST", "/jobs/cancel", reply);
        assertThat(reply.json().get("matched").asInt()).isEqualTo(450);
        assertThat(reply.json().get("cancelled").asInt()).isEqualTo(450);
        assertThat(ids).allMatch(id -> state(id) == JobState.CANCELLED);
        assertThat(state(failed)).isEqualTo(JobState.FAILED);
        assertThat(state(other)).isEqualTo(JobState.QUEUED);
        JsonNode again = operator.post("/jobs/cancel?route=a").json();
        assertThat(again.get("matched").asInt()).isZero();

        assertThat(operator.post("/jobs/cancel?state=running")
                        .json()
                        .get("matched")
                        .asInt())
                .isZero();
        assertThat(operator.post("/jobs/cancel?state=queued")
                        .json()
                        .get("cancelled")
                        .asInt())
                .isEqualTo(1);
    }

    /** A pass that began while jobs of an earlier one were still being cancelled would count those twice. */
    @Test
    void countsAJobOnceHoweverLongItsCancellingTakes() throws IOException {
        for (int i = 0; i < 20; i++) {
            operator.accept("a");
        }
        Journal journal = operator.listeners.journal();
        JobIntake slow = (JobIntake) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {JobIntake.class},
                (proxy, verb, arguments) ->
                        Mono.delay(Duration.ofMillis(100)).then(journal.cancel((JobId) arguments[0])));
        MockServerWebExchange exchange = MockServerWebExchange.from(MockServerHttpRequest.post("/jobs/cancel?route=a"));
        RouterFunctions.toWebHandler(RouterFunctions.route(
                        RequestPredicates.all(), new BulkHandler(journal, slow, Clock.systemUTC())::cancel))
                .handle(exchange)
                .block(Operator.LIMIT);
        JsonNode report = JsonMapper.shared()
                .readTree(exchange.getResponse().getBodyAsString().block(Operator.LIMIT));
        assertThat(report.get("matched").asInt()).isEqualTo(20);
        assertThat(report.get("cancelled").asInt()).isEqualTo(20);
    }

    @Test
    void erasesWhatIsFinished() throws IOException {
        JobId failed = operator.failed("a");
        JobId cancelled = operator.accept("a");
        operator.cancel(cancelled);
        JobId waiting = operator.accept("a");
        JsonNode dry = operator.post("/jobs/purge?dry-run=true").json();
        assertThat(dry.get("matched").asInt()).isEqualTo(2);
        assertThat(dry.get("erased").asInt()).isZero();

        JsonNode some = operator.post("/jobs/purge?state=failed").json();
        assertThat(some.get("erased").asInt()).isEqualTo(1);
        assertThat(find(failed)).isInstanceOf(Lookup.Expired.class);
        assertThat(state(cancelled)).isEqualTo(JobState.CANCELLED);
        Wire.Reply rest = operator.post("/jobs/purge");
        new Description(operator.get("/openapi.json").body()).check("POST", "/jobs/purge", rest);
        assertThat(rest.json().get("erased").asInt()).isEqualTo(1);
        assertThat(find(cancelled)).isInstanceOf(Lookup.Expired.class);
        assertThat(state(waiting)).isEqualTo(JobState.QUEUED);
    }

    @Test
    void doesNothingIfItIsNotSureWhatWasMeant() throws IOException {
        JobId id = operator.accept("a");
        for (String url : List.of(
                "/jobs/cancel?state=failed",
                "/jobs/cancel?dry-run=yes",
                "/jobs/cancel?limit=3",
                "/jobs/purge?state=queued",
                "/jobs/purge?routes=a")) {
            Wire.Reply reply = operator.post(url);
            assertThat(reply.status()).as(url).isEqualTo(400);
            assertThat(reply.problem()).isEqualTo("bad-request");
        }
        Wire.Reply foreign = Wire.call(
                operator.listeners.managementPort(),
                "POST /jobs/cancel HTTP/1.1\nHost: localhost\nContent-Length: 0\nOrigin: http://elsewhere");
        assertThat(foreign.status()).isEqualTo(400);
        assertThat(state(id)).isEqualTo(JobState.QUEUED);
    }

    @Test
    void whatTheJournalRefusesIsTold() throws IOException {
        operator.accept("a");
        operator.listeners.journal().close();
        assertThat(operator.post("/jobs/cancel").problem()).isEqualTo("internal-error");
    }
}
