package dev.sluice.journal.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.job.Group;
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
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

/** A group that cannot be tended does not keep the others from it. */
class TendGroupsTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final MutableClock clock = new MutableClock();
    private final JobIds ids = new JobIds(clock);
    private final UnreadableStores stores = new UnreadableStores();

    @Test
    void theNextGroupsAreTended() {
        try (Journal journal = new EmbeddedJournal(
                stores,
                new JournalClock(clock, clock::nanos),
                clock::leaseNanos,
                FollowUps.NONE,
                new SimpleMeterRegistry())) {
            List<GroupId> groups =
                    Stream.generate(() -> created(journal)).limit(3).toList();
            stores.main.fail(Table.GROUP_MEMBERS, CommitGroup.NOTHING);
            for (GroupId id : groups) {
                assertThatThrownBy(() -> journal.cancelGroup(id).block(LIMIT))
                        .isInstanceOf(JournalUnavailableException.class);
            }
            stores.main.fail(Table.GROUP_MEMBERS, Keys.job(groups.get(0).value()));
            assertThatThrownBy(() -> journal.tendGroups(LIMIT).block(LIMIT))
                    .isInstanceOf(JournalUnavailableException.class);
            assertThat(groups.stream().map(id -> stateOf(journal, id)))
                    .containsExactly(Group.State.CLOSED, Group.State.FINISHED, Group.State.FINISHED);
            stores.main.fail(null, CommitGroup.NOTHING);
            journal.tendGroups(LIMIT).block(LIMIT);
            assertThat(stateOf(journal, groups.get(0))).isEqualTo(Group.State.FINISHED);
        }
    }

    private GroupId created(Journal journal) {
        clock.advance(Duration.ofMillis(1)); // tended in the order of their ids
        GroupId id = new GroupId(ids.next());
        journal.createGroup(new NewGroup(id, new Group.Spec(clock.instant(), null, 0, LIMIT, null)))
                .block(LIMIT);
        journal.append(new Draft(ids.next(), clock.instant()).group(id).job(), Flux.empty())
                .block(LIMIT);
        return id;
    }

    private static Group.State stateOf(Journal journal, GroupId id) {
        return ((GroupLookup.Known) journal.findGroup(id).block(LIMIT)).group().state();
    }

    static final class UnreadableStores implements Stores {

        final FailedReads main = new FailedReads(new MemoryStore(new MemoryBudget(64 << 20)));
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
