package dev.sluice.journal.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Group;
import dev.sluice.job.GroupId;
import dev.sluice.job.Job;
import dev.sluice.job.JobIds;
import dev.sluice.job.Transition;
import dev.sluice.journal.Draft;
import dev.sluice.journal.MutableClock;
import dev.sluice.journal.NewGroup;
import dev.sluice.journal.core.ClaimedRequests;
import dev.sluice.journal.core.Decision.Guard;
import dev.sluice.journal.core.JournalClock;
import dev.sluice.journal.core.Tails;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** A commit group may have been written although its write failed; its callers were told that it was not. */
class GroupRollBackTest {

    private final MutableClock clock = new MutableClock();
    private final JobIds ids = new JobIds(clock);
    private final Store store = new MemoryStore(new MemoryBudget(1 << 20));
    private final WorkingSet working =
            new WorkingSet(new JournalClock(clock, clock::nanos), clock::leaseNanos, new Tails(16), name -> {});

    @Test
    void aCreationIsTakenBack() {
        assertRolledBack(commit -> commit.groups().create(newGroup(0)));
    }

    @Test
    void jobsThatJoinAndCloseTheGroupAreTakenBack() {
        GroupId id = created(3);
        join(id);
        assertRolledBack(commit -> {
            accept(commit, id);
            accept(commit, id);
        });
        join(id);
        assertThat(working.groups().open(id, store).group().counts().queued()).isEqualTo(2);
    }

    @Test
    void movesThatFinishTheGroupAreTakenBack() {
        GroupId id = created(2);
        JobHead one = join(id);
        JobHead other = join(id);
        written(commit -> cancel(commit, one));
        assertRolledBack(commit -> cancel(commit, other));
        written(commit -> cancel(commit, other));
        assertThat(working.groups().open(id, store)).isNull();
    }

    @Test
    void closingAndCancellingAndErasingIsTakenBack() {
        GroupId open = created(0);
        JobHead job = join(open);
        assertRolledBack(commit -> commit.groups().close(open));
        assertRolledBack(commit -> commit.groups().cancel(open));
        assertRolledBack(commit -> commit.groups().erase(open));
        assertRolledBack(commit -> {
            commit.groups().cancel(open);
            cancel(commit, job);
        });
        assertRolledBack(commit -> {
            accept(commit, open);
            commit.groups().erase(open);
        });
        written(commit -> commit.groups().cancel(open));
        assertRolledBack(commit -> cancel(commit, job));
        assertRolledBack(commit -> commit.groups().erase(open));
        written(commit -> cancel(commit, job));
        assertRolledBack(commit -> commit.groups().erase(open));
        clock.advance(Duration.ofHours(3));
        assertRolledBack(commit -> commit.groups().expire(open));
    }

    /** What a commit group wrote is gone, and the next one goes on from before it. */
    private void assertRolledBack(Consumer<CommitGroup> changes) {
        Map<String, String> before = rows();
        FailedWrites behind = new FailedWrites(store);
        behind.failNext();
        CommitGroup doubtful = new CommitGroup(behind, working);
        changes.accept(doubtful);
        org.assertj.core.api.Assertions.assertThatThrownBy(doubtful::write)
                .isInstanceOf(dev.sluice.journal.JournalUnavailableException.class);
        assertThat(rows()).isNotEqualTo(before);
        doubtful.rollBack();
        assertThat(rows()).isEqualTo(before);
    }

    private void written(Consumer<CommitGroup> changes) {
        try (CommitGroup commit = new CommitGroup(store, working)) {
            changes.accept(commit);
            commit.write();
        }
    }

    private GroupId created(int size) {
        NewGroup wanted = newGroup(size);
        written(commit -> commit.groups().create(wanted));
        return wanted.id();
    }

    private NewGroup newGroup(int size) {
        return new NewGroup(
                new GroupId(ids.next()), new Group.Spec(clock.instant(), "a", size, Duration.ofHours(1), null));
    }

    private JobHead join(GroupId id) {
        JobHead[] head = {null};
        written(commit -> head[0] = accept(commit, id));
        return Objects.requireNonNull(head[0]);
    }

    private JobHead accept(CommitGroup commit, GroupId id) {
        Job job = new Draft(ids.next(), clock.instant()).group(id).job().accepted(working.nextOrder());
        JobHead head = new JobHead(job, JobHead.NO_KEY, 0, 0, false);
        commit.accept(head, new ClaimedRequests.Columns(new byte[0], null));
        return head;
    }

    private void cancel(CommitGroup commit, JobHead head) {
        Objects.requireNonNull(StagedMove.of(head, Guard.ANYONE, new Transition.Cancel(), working.now()))
                .stage(commit);
    }

    private Map<String, String> rows() {
        Map<String, String> rows = new TreeMap<>();
        HexFormat hex = HexFormat.of();
        for (Table table : Table.values()) {
            store.scan(table, CommitGroup.NOTHING, null, (key, value) -> {
                rows.put(table + " " + hex.formatHex(key), hex.formatHex(value));
                return true;
            });
        }
        return rows;
    }
}
