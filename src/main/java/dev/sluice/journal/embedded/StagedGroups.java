package dev.sluice.journal.embedded;

import dev.sluice.job.Group;
import dev.sluice.job.GroupEvent.Change;
import dev.sluice.job.GroupId;
import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.journal.GroupClosedException;
import dev.sluice.journal.GroupFinishedException;
import dev.sluice.journal.GroupUnknownException;
import dev.sluice.journal.NewGroup;
import dev.sluice.journal.core.Decision;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What one commit group changes in groups of jobs. Of each group it keeps the counts while changes are staged, and writes them once,
 * so that a group costs the same however many of its jobs move together.
 */
final class StagedGroups {

    private final Store store;
    private final WorkingSet working;
    private final Consumer<Group> onEnd;
    private final Map<GroupId, StagedGroup> staged = new LinkedHashMap<>();

    /**
     * Creates an instance without changes.
     *
     * @param onEnd receives each group that finishes
     */
    StagedGroups(Store store, WorkingSet working, Consumer<Group> onEnd) {
        this.store = store;
        this.working = working;
        this.onEnd = onEnd;
    }

    /**
     * Returns the group of a job, to be told of a move of it; null if it belongs to none, or that is erased. May read the store: to
     * be called before anything of the move is added.
     */
    @Nullable
    StagedGroup of(Job job) {
        GroupId id = job.spec().group();
        return id == null ? null : open(id);
    }

    /** Throws unless the group, if there is one, takes another job. */
    void admit(@Nullable GroupId id) {
        if (id == null) {
            return;
        }
        GroupHead head = head(id);
        if (head == null) {
            throw new GroupUnknownException();
        } else if (head.group().closedAt() != null) {
            throw new GroupClosedException();
        }
    }

    /** A job was accepted. */
    void joined(@Nullable StagedGroup group, Job job) {
        GroupHead head = group == null ? null : group.head();
        if (group != null && head != null) {
            Instant now = working.now();
            group.joined(job, head, now);
            if (head(group).group().full()) {
                close(group, now);
            }
        }
    }

    /** A step of a job was taken. */
    void moved(@Nullable StagedGroup group, Decision.Step step) {
        JobEvent event = step.event();
        GroupHead head = group == null ? null : group.head();
        if (group != null && head != null && event != null && !(event instanceof JobEvent.Emitted)) {
            group.moved(step.before(), step.after(), event, head);
            end(group, event.at());
        }
    }

    Group create(NewGroup wanted) {
        Group created = wanted.created();
        StagedGroup group = new StagedGroup(created.id(), null);
        staged.put(created.id(), group);
        group.changed(Change.CREATED, created.spec().createdAt(), new GroupHead(created, false));
        return created;
    }

    /** Closes a group unless it is closed; null if there is none. */
    @Nullable
    Group close(GroupId id) {
        return closeIdle(id, Instant.MAX);
    }

    /** Closes a group that no job has joined since then. */
    @Nullable
    Group closeIdle(GroupId id, Instant since) {
        StagedGroup group = open(id);
        if (group == null) {
            GroupHead head = head(id);
            return head == null ? null : head.group();
        }
        Group now = head(group).group();
        if (now.closedAt() == null && !now.joinedAt().isAfter(since)) {
            close(group, working.now());
        }
        return head(group).group();
    }

    /** Closes a group and marks it as cancelled; null if there is none. */
    @Nullable
    Group cancel(GroupId id) {
        StagedGroup group = open(id);
        if (group == null) {
            GroupHead head = head(id);
            if (head != null && !head.cancelled()) {
                throw new GroupFinishedException();
            }
            return head == null ? null : head.group();
        }
        if (!head(group).cancelled()) {
            group.cancelled(head(group));
        }
        if (head(group).group().closedAt() == null) {
            close(group, working.now());
        }
        return head(group).group();
    }

    /** Erases a group, whose jobs are to be erased next; false if there is none. */
    boolean erase(GroupId id) {
        return erase(id, true);
    }

    /** Erases a finished group whose time has come, without its jobs, which have times of their own. */
    boolean expire(GroupId id) {
        GroupHead head = head(id);
        return head != null && head.group().expired(working.erasable()) && erase(id, false);
    }

    /** Returns a group as it is, finished or not; null if there is none. */
    @Nullable
    GroupHead head(GroupId id) {
        StagedGroup group = any(id);
        return group == null ? null : group.head();
    }

    /** Whether the group is changed. */
    boolean touches(GroupId id) {
        StagedGroup group = staged.get(id);
        return group != null && group.isChanged();
    }

    /** Returns a changed group as it was before; null if it did not exist. */
    @Nullable
    GroupHead before(GroupId id) {
        StagedGroup group = staged.get(id);
        return group == null ? null : group.before();
    }

    void put(Store.Batch batch) {
        staged.values().stream().filter(StagedGroup::isChanged).forEach(group -> group.put(batch));
    }

    void written() {
        staged.values().stream().filter(StagedGroup::isChanged).forEach(working.groups()::written);
    }

    void rollBack(Store.Batch undo) {
        staged.values().stream().filter(StagedGroup::isChanged).forEach(group -> group.rollBack(undo));
    }

    private boolean erase(GroupId id, boolean withJobs) {
        StagedGroup group = any(id);
        if (group == null || group.head() == null) {
            return false;
        }
        group.erased(working.now(), withJobs);
        return true;
    }

    private void close(StagedGroup group, Instant now) {
        GroupHead head = head(group);
        group.changed(Change.CLOSED, now, head.with(head.group().closed(now)));
        end(group, now);
    }

    /** Finishes the group if it is closed and all its jobs have finished. */
    private void end(StagedGroup group, Instant now) {
        GroupHead head = head(group);
        if (head.group().ends()) {
            Group finished = head.group().finished(now);
            group.changed(Change.FINISHED, now, head.with(finished));
            onEnd.accept(finished);
        }
    }

    /** Returns an unfinished group; null if there is none. */
    private @Nullable StagedGroup open(GroupId id) {
        StagedGroup group = staged.get(id);
        if (group == null) {
            GroupHead head = working.groups().open(id, store);
            return head == null ? null : stage(id, head);
        }
        GroupHead head = group.head();
        return head == null || head.finished() ? null : group;
    }

    private @Nullable StagedGroup any(GroupId id) {
        StagedGroup group = open(id);
        if (group != null || staged.containsKey(id)) {
            return staged.get(id);
        }
        byte[] done = store.get(Table.GROUPS, Keys.doneGroup(id));
        return done == null || done.length == 0 ? null : stage(id, GroupHead.of(id, done));
    }

    private StagedGroup stage(GroupId id, GroupHead head) {
        StagedGroup group = new StagedGroup(id, head);
        staged.put(id, group);
        return group;
    }

    private static GroupHead head(StagedGroup group) {
        return Objects.requireNonNull(group.head());
    }
}
