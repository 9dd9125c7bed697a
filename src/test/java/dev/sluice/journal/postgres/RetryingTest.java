package dev.sluice.journal.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.journal.JournalProperties;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.core.GroupCommitter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class RetryingTest {

    private static final Duration TIMEOUT = Duration.ofMillis(100);

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final PostgresJournalMeters meters = new PostgresJournalMeters(registry);
    private final Database database = new Database(
            new Servers(new JournalProperties.Postgres(
                    "r2dbc:postgresql://localhost/none", "nobody", "", "sluice", 3, TIMEOUT)),
            1,
            meters);

    private static class Caller implements GroupCommitter.Member {
        private final String name;
        private @Nullable Object told;

        Caller(String name) {
            this.name = name;
        }

        @Override
        public void failed(Throwable error) {
            told = error;
        }
    }

    /** Fails as it is told to, once for each SQLSTATE, then tells everybody; remembers what was tried. */
    private static final class Script implements Retrying.Try<Caller> {
        private final List<String> tries = new ArrayList<>();
        private final List<String> unsure = new ArrayList<>();
        private final Iterator<String> states;
        private final String faulty;

        Script(Iterable<String> states, String faulty) {
            this.states = states.iterator();
            this.faulty = faulty;
        }

        @Override
        public void carry(List<Caller> group, boolean again) {
            tries.add(names(group) + (again ? " again" : ""));
            if (group.stream().anyMatch(caller -> caller.name.equals(faulty))) {
                throw failure("22000");
            } else if (states.hasNext()) {
                throw failure(states.next());
            }
            group.forEach(caller -> caller.told = "done");
            group.clear();
        }

        @Override
        public void givenUp(List<Caller> group) {
            assertThat(group).as("told only after that").allMatch(caller -> caller.told == null);
            unsure.add(names(group));
        }
    }

    private static RuntimeException failure(String state) {
        return new DatabaseException(new SQLException("state " + state, state));
    }

    private static String names(List<Caller> group) {
        return String.join("", group.stream().map(caller -> caller.name).toList());
    }

    private List<Caller> carry(Retrying.Try<Caller> once) {
        List<Caller> callers = List.of(new Caller("a"), new Caller("b"), new Caller("c"));
        new Retrying<>("test", once, database, meters).carry(new ArrayList<>(callers));
        return callers;
    }

    @Test
    void aClosedDatabaseRefusesWhatHasNotBegun() {
        database.close();
        AtomicInteger tries = new AtomicInteger();
        List<Caller> callers = carry((group, again) -> {
            tries.incrementAndGet();
            database.update("select 1");
        });
        assertThat(callers)
                .allSatisfy(caller -> assertThat((Throwable) caller.told)
                        .isInstanceOf(JournalUnavailableException.class)
                        .hasMessageContaining("closed"));
        assertThat(tries).hasValue(1);
    }

    @Test
    void whatMayHaveBeenWrittenIsTriedAgainAndKnowsIt() {
        Script script = new Script(List.of("40P01", "08006", "53300"), "");
        assertThat(carry(script)).allMatch(caller -> "done".equals(caller.told));
        assertThat(script.tries).containsExactly("abc", "abc", "abc again", "abc again");
        assertThat(script.unsure).isEmpty();
        assertThat(mistakes()).isZero();
    }

    @Test
    void whenThatTakesTooLongItsCallersAreUnsure() {
        Script script = new Script(Stream.generate(() -> "08006")::iterator, "");
        assertThat(carry(script)).allMatch(caller -> caller.told instanceof JournalUnavailableException);
        assertThat(script.tries).hasSizeGreaterThan(1);
        assertThat(script.unsure).containsExactly("abc");
    }

    @Test
    void whatWasCertainlyNotWrittenIsRefusedAtOnce() {
        Script script = new Script(List.of("53100"), "");
        assertThat(carry(script)).allMatch(caller -> caller.told instanceof JournalUnavailableException);
        assertThat(script.tries).containsExactly("abc");
        assertThat(script.unsure).isEmpty();
    }

    @Test
    void clashesEndSomeTime() {
        Script script = new Script(Stream.generate(() -> "40001")::iterator, "");
        assertThat(carry(script)).allMatch(caller -> caller.told instanceof JournalUnavailableException);
        assertThat(script.unsure).isEmpty();
    }

    @Test
    void oneThatIsAtFaultDoesNotHarmTheOthers() {
        Script script = new Script(List.of(), "b");
        List<Caller> callers = carry(script);
        assertThat(callers.get(0).told).isEqualTo("done");
        assertThat(callers.get(1).told).isInstanceOf(DatabaseException.class);
        assertThat(callers.get(2).told).isEqualTo("done");
        assertThat(script.tries).containsExactly("abc", "a", "b", "c");
        assertThat(mistakes()).as("of the group and of the one").isEqualTo(2);
    }

    @Test
    void oneThatCannotBeToldIsCounted() {
        Script script = new Script(List.of("53100"), "");
        Caller deaf = new Caller("deaf") {
            @Override
            public void failed(Throwable error) {
                throw new IllegalStateException("deaf");
            }
        };
        Caller other = new Caller("other");
        new Retrying<>("test", script, database, meters).carry(new ArrayList<>(List.of(deaf, other)));
        assertThat(other.told).isInstanceOf(JournalUnavailableException.class);
        assertThat(mistakes()).isEqualTo(1);
    }

    private double mistakes() {
        return registry.get("sluice.journal.writer.errors").counter().count();
    }
}
