package dev.sluice.loadtest.account;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.loadtest.load.Event;
import dev.sluice.loadtest.report.Account;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class GroupAuditTest {

    static Stream<Arguments> streams() {
        return Stream.of(
                Arguments.of(List.of("a 1 accepted", "b 1 accepted", "b 2 failed", "a 2 succeeded", "finished"), ""),
                Arguments.of(
                        List.of("a 1 accepted", "a 3 succeeded", "b 1 cancelled", "finished"), "event gaps of a group"),
                Arguments.of(
                        List.of("a 1 accepted", "a 1 accepted", "a 2 failed", "b 1 cancelled", "finished"),
                        "events of a group repeated or out of order"),
                Arguments.of(
                        List.of("a 1 accepted", "a 2 failed", "finished"),
                        "ends of jobs that a group's readers missed"),
                Arguments.of(List.of("a 1 cancelled", "b 1 cancelled"), "groups whose end was not told"));
    }

    @ParameterizedTest
    @MethodSource("streams")
    void findsWhatIsWrongWithAGroup(List<String> events, String broken) {
        GroupAudit audit = new GroupAudit();
        events.forEach(text -> audit.saw(event(text)));
        Accounts accounts = new Accounts();
        audit.settle(accounts, 2);

        assertThat(accounts.lines().stream().filter(line -> !line.good()).map(Account::name))
                .isEqualTo(broken.isEmpty() ? List.of() : List.of(broken));
    }

    @Test
    void aTrailKnowsWhetherSomebodyWasToldOtherwise() {
        Trail then = new Trail();
        Trail same = new Trail();
        Trail other = new Trail();
        List.of("a 1 accepted", "a 2 succeeded").forEach(text -> {
            then.saw(event(text));
            same.saw(event(text));
        });
        List.of("a 1 accepted", "a 2 failed").forEach(text -> other.saw(event(text)));

        assertThat(same.same(then)).isTrue();
        assertThat(other.same(then)).isFalse();
        assertThat(other.end()).isEqualTo("failed");
    }

    private static Event event(String text) {
        String[] parts = text.split(" ");
        return parts.length == 1
                ? new Event("x", "group", "{\"change\":\"" + text + "\"}", 0)
                : new Event(parts[1], parts[2], "{\"job\":\"" + parts[0] + "\",\"seq\":" + parts[1] + "}", 0);
    }
}
