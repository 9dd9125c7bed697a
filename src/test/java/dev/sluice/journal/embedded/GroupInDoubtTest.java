package dev.sluice.journal.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.job.Group;
import dev.sluice.job.Group.Counts;
import dev.sluice.job.GroupEvent;
import dev.sluice.job.GroupId;
import dev.sluice.job.JobIds;
import dev.sluice.journal.Draft;
import dev.sluice.journal.FollowUps;
import dev.sluice.journal.GroupLookup;
import dev.sluice.journal.Journal;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.MutableClock;
import dev.sluice.journal.NewGroup;
import dev.sluice.journal.core.JournalClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

/** While nobody knows whether a change of a group was written, and after that, readers see the group without it. */
class GroupInDoubtTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final MutableClock clock = new MutableClock();
    private final JobIds ids = new JobIds(clock);
    private final FailingStores stores = new FailingStores();

    @Test
    void whatIsInDoubtIsNotSeen() {
        GroupId id = new GroupId(ids.next());
        List<Long> told = new CopyOnWriteArrayList<>();
        try (Journal journal = new EmbeddedJournal(
                stores,
                new JournalClock(clock, clock::nanos),
                clock::leaseNanos,
                FollowUps.NONE,
                new SimpleMeterRegistry())) {
            journal.createGroup(new NewGroup(id, new Group.Spec(clock.instant(), null, 2, LIMIT, null)))
                    .block(LIMIT);
            journal.groupTail(id).subscribe(told::add);
            append(journal, id);
            Group before = find(journal, id);
            List<GroupEvent> events = journal.groupHistory(id, 0).collectList().block(LIMIT);

            stores.main.failNext();
            assertThatThrownBy(() -> append(journal, id)).isInstanceOf(JournalUnavailableException.class);
            assertUnchanged(journal, before, events);
            Awaitility.await().atMost(LIMIT).until(() -> journal.health().up());
            assertUnchanged(journal, before, events);

            append(journal, id);
            assertThat(find(journal, id).counts()).isEqualTo(new Counts(2, 0, 0, 0, 0));
            assertThat(find(journal, id).state()).isEqualTo(Group.State.CLOSED);
            assertThat(journal.groupHistory(id, 2)
                            .map(GroupEvent::seq)
                            .collectList()
                            .block(LIMIT))
                    .containsExactly(3L, 4L);
            Awaitility.await()
                    .atMost(LIMIT)
                    .untilAsserted(() -> assertThat(told).endsWith(4L));
            assertThat(told).isSorted().doesNotContain(3L); // which was in doubt, and then went with the fourth
        }
    }

    private void assertUnchanged(Journal journal, Group before, List<GroupEvent> events) {
        GroupId id = before.id();
        assertThat(find(journal, id)).isEqualTo(before);
        assertThat(journal.groupHistory(id, 0).collectList().block(LIMIT)).isEqualTo(events);
        assertThat(journal.members(id, null, 10, 0).block(LIMIT).jobs()).hasSize(1);
    }

    private void append(Journal journal, GroupId id) {
        journal.append(new Draft(ids.next(), clock.instant()).group(id).job(), Flux.empty())
                .block(LIMIT);
    }

    private static Group find(Journal journal, GroupId id) {
        return ((GroupLookup.Known) journal.findGroup(id).block(LIMIT)).group();
    }

    private static final class FailingStores implements Stores {

        private final FailedWrites main = new FailedWrites(new MemoryStore(new MemoryBudget(64 << 20)));
        private final MemoryStore bodies = new MemoryStore(new MemoryBudget(64 << 20));

        @Override
        public Store main() {
            return main;
        }

        @Override
        public Store bodies() {
            return bodies;
        }

        @Override
        public void close() {
            main.close();
            bodies.close();
        }
    }
}
