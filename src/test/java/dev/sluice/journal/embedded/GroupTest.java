package dev.sluice.journal.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.journal.core.JournalClock;
import dev.sluice.journal.core.Tails;
import java.time.Clock;
import org.junit.jupiter.api.Test;

class GroupTest {

    private static final byte[] SET = {1};
    private static final byte[] NEW = {2};

    private final Store store = new MemoryStore(new MemoryBudget(1 << 20));
    private final WorkingSet working = new WorkingSet(
            new JournalClock(Clock.systemUTC(), System::nanoTime), System::nanoTime, new Tails(16), name -> {});

    /** It may have been written although the write failed: its callers were told that it was not. */
    @Test
    void factsOfAGroupThatIsRolledBackAreAsBefore() {
        try (CommitGroup before = new CommitGroup(store, working)) {
            before.setFact(SET, new byte[] {10});
            before.write();
        }
        CommitGroup doubtful = new CommitGroup(store, working);
        doubtful.setFact(SET, new byte[] {11});
        doubtful.setFact(SET, null);
        doubtful.setFact(NEW, new byte[] {12});
        doubtful.write();
        assertThat(store.get(Table.META, SET)).isNull();
        doubtful.rollBack();
        assertThat(store.get(Table.META, SET)).containsExactly(10);
        assertThat(store.get(Table.META, NEW)).isNull();
    }
}
