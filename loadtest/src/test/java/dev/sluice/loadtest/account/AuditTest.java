package dev.sluice.loadtest.account;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.loadtest.load.Event;
import dev.sluice.loadtest.report.Account;
import java.net.URI;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

class AuditTest {

    private static Event event(String text) {
        String[] parts = text.split(" ");
        return new Event(parts[0], parts[1], "{}", 0);
    }

    static Stream<Arguments> streams() {
        return Stream.of(
                Arguments.of(List.of("1 accepted", "2 started", "3 succeeded"), ""),
                Arguments.of(List.of("1 accepted", "3 succeeded"), "event gaps"),
                Arguments.of(List.of("1 accepted", "5 gap", "6 started", "7 failed"), ""),
                Arguments.of(List.of("1 accepted", "1 accepted", "2 cancelled"), "events repeated or out of order"),
                Arguments.of(List.of("2 started", "1 accepted", "3 failed"), "event gaps"),
                Arguments.of(List.of("1 accepted", "x started", "2 failed"), "events repeated or out of order"),
                Arguments.of(List.of("1 accepted", "2 succeeded", "3 failed"), "events after the final one"),
                Arguments.of(List.of("1 accepted", "2 started"), "streams without a final event"));
    }

    @ParameterizedTest
    @MethodSource("streams")
    void findsWhatIsWrongWithAStream(List<String> events, String broken) {
        EventAudit audit = new EventAudit();
        EventAudit.Reader reader = audit.reader();
        events.forEach(text -> reader.saw(event(text)));
        reader.over();
        Accounts accounts = new Accounts();
        audit.settle(accounts);

        List<String> wrong = accounts.lines().stream()
                .filter(line -> !line.good())
                .map(Account::name)
                .toList();
        if (broken.isEmpty()) {
            assertThat(wrong).isEmpty();
        } else {
            assertThat(wrong).contains(broken);
        }
    }

    @Test
    void resumesWhereItWas() {
        EventAudit.Reader reader = new EventAudit().reader();
        assertThat(reader.lastEventId()).isEmpty();
        reader.saw(event("1 accepted"));
        assertThat(reader.lastEventId()).isEqualTo("1");
    }

    @Test
    void countsWhatBecameOfEveryJob() throws Exception {
        DisposableServer server = HttpServer.create()
                .host("127.0.0.1")
                .port(0)
                .handle((request, response) -> {
                    String state = request.uri().substring("/jobs/".length());
                    String result = state.equals("succeeded") ? ",\"result\":{\"status\":200}" : "";
                    return response.status(state.equals("gone") ? 404 : 200)
                            .sendString(Mono.just(
                                    "{\"state\":\"" + state.replace("bare", "succeeded") + "\"" + result + "}"));
                })
                .bindNow();
        try {
            URI base = URI.create("http://127.0.0.1:" + server.port());
            JobAudit.Found found = JobAudit.look(
                    List.of(base),
                    List.of(
                            "/jobs/succeeded",
                            "/jobs/succeeded",
                            "/jobs/failed",
                            "/jobs/queued",
                            "/jobs/gone",
                            "/jobs/bare"));

            assertThat(found.good()).isEqualTo(2);
            assertThat(found.failed()).isEqualTo(1);
            assertThat(found.unfinished()).isEqualTo(1);
            assertThat(found.unknown()).isEqualTo(2);
            assertThat(found.lost()).isEqualTo(3);
            assertThat(found.doubled()).isEqualTo(1);
            assertThat(found.examples()).hasSize(4);
        } finally {
            server.disposeNow();
        }
    }

    @Test
    void addsLinesOfTheSameName() {
        Accounts accounts = new Accounts();
        accounts.zero("lost", 1);
        accounts.zero("lost", 2);
        accounts.count("accepted", 5);

        assertThat(accounts.lines()).extracting(Account::value).containsExactly(3L, 5L);
        assertThat(accounts.lines()).extracting(Account::good).containsExactly(false, true);
    }
}
