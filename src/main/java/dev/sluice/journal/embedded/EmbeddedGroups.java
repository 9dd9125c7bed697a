package dev.sluice.journal.embedded;

import dev.sluice.job.Group;
import dev.sluice.job.GroupEvent;
import dev.sluice.job.GroupId;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.job.Transition;
import dev.sluice.journal.GroupLookup;
import dev.sluice.journal.Groups;
import dev.sluice.journal.MemberPage;
import dev.sluice.journal.NewGroup;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** The groups of the journal. What concerns many jobs goes in steps, each of them one change. */
final class EmbeddedGroups implements Groups {

    /** As many as hold up the acceptance of jobs by about a millisecond. */
    private static final int JOBS_AT_ONCE = 256;

    private static final Logger log = LoggerFactory.getLogger(EmbeddedGroups.class);

    private final WorkingSet working;
    private final Writer writer;
    private final JobEraser eraser;
    private final GroupQueries queries;
    private final GroupUpkeep upkeep;
    private final Scheduler listeners;

    EmbeddedGroups(
            Store main, WorkingSet working, Writer writer, Queries queries, JobEraser eraser, Scheduler listeners) {
        this.working = working;
        this.writer = writer;
        this.eraser = eraser;
        this.queries = new GroupQueries(main, writer, queries);
        this.upkeep = new GroupUpkeep(main, queries);
        this.listeners = listeners;
    }

    @Override
    public Mono<Group> createGroup(NewGroup group) {
        return writer.change(
                sink -> GroupChange.creating(commit -> commit.groups().create(group), sink));
    }

    @Override
    public Mono<GroupLookup> findGroup(GroupId id) {
        return queries.find(id);
    }

    @Override
    public Mono<Group> closeGroup(GroupId id) {
        return changed(groups -> groups.close(id));
    }

    @Override
    public Mono<Group> cancelGroup(GroupId id) {
        return this.<Group>changed(groups -> groups.cancel(id))
                .flatMap(begun -> begun.finishedAt() != null
                        ? Mono.just(begun)
                        : cancelJobs(id).then(Mono.defer(() -> found(id))));
    }

    @Override
    public Mono<Boolean> eraseGroup(GroupId id) {
        return this.<Boolean>changed(groups -> groups.erase(id))
                .flatMap(begun -> begun ? eraseJobs(id).thenReturn(true) : Mono.just(false));
    }

    @Override
    public Mono<MemberPage> members(GroupId id, @Nullable JobState state, int limit, long from) {
        return queries.members(id, state, limit, from);
    }

    @Override
    public Flux<GroupEvent> groupHistory(GroupId id, long after) {
        return queries.history(id, after);
    }

    @Override
    public Flux<Long> groupTail(GroupId id) {
        return working.groups().tails().tail(id, queries.lastSeq(id), listeners);
    }

    @Override
    public Mono<Void> tendGroups(Duration idle) {
        Instant since = working.now().minus(idle);
        return Flux.just(
                        tend(upkeep.now(GroupTask.CANCEL), task -> cancelJobs(Keys.groupAtEnd(task))),
                        tend(upkeep.now(GroupTask.ERASE), task -> eraseJobs(Keys.groupAtEnd(task))),
                        upkeep.idle(since, working.now(), id -> changed(groups -> groups.closeIdle(id, since))),
                        tend(upkeep.due(GroupTask.TRIM, working.now()), this::trim))
                .concatMapDelayError(step -> step, 1) // concatDelayError drops an error when it is cancelled at its end
                .then();
    }

    /** A group that fails does not keep the next ones from being tended; it is reported when that is done. */
    private static Mono<Void> tend(Flux<byte[]> tasks, Function<byte[], Mono<Void>> tending) {
        return tasks.concatMapDelayError(
                        task -> tending.apply(task)
                                .doOnError(e -> log.warn(
                                        "Group {} cannot be tended now: {}", Keys.groupAtEnd(task), e.getMessage())),
                        1)
                .then();
    }

    /**
     * Erases finished groups that have expired, and removes tombstones.
     *
     * @param buried tombstones that are as old are removed
     */
    Mono<Void> purge(Instant now, Instant buried) {
        return upkeep.until(GroupTask.EXPIRE, now)
                .concatMap(rows -> committed(commit -> GroupRemoval.expire(commit, rows)), 1)
                .thenMany(upkeep.until(GroupTask.BURY, buried))
                .concatMap(rows -> committed(commit -> GroupRemoval.bury(commit, rows)), 1)
                .then();
    }

    /** Forgets what was kept of a group only for events and jobs that are no longer kept. */
    private Mono<Void> trim(byte[] task) {
        GroupId id = Keys.groupAtEnd(task);
        return trim(Table.GROUP_EVENTS, queries.deadEvents(id))
                .then(trim(Table.GROUP_MEMBERS, queries.deadMembers(id)))
                .then(committed(commit -> commit.delete(Table.GROUP_TASKS, task)));
    }

    private Mono<Void> trim(Table table, Flux<List<byte[]>> dead) {
        return dead.filter(rows -> !rows.isEmpty())
                .concatMap(rows -> committed(commit -> GroupRemoval.trim(commit, table, rows)), 1)
                .then();
    }

    private Mono<Void> cancelJobs(GroupId id) {
        return queries.everyJob(id, JOBS_AT_ONCE)
                .concatMap(jobs -> cancel(jobs, new Transition.Cancel()), 1)
                .then();
    }

    private Mono<Void> eraseJobs(GroupId id) {
        return queries.everyJob(id, JOBS_AT_ONCE)
                .concatMap(
                        jobs -> cancel(jobs, new Transition.Cancel(true))
                                .then(writer.<Void>change(sink -> new EraseMembersChange(jobs, eraser, writer, sink))),
                        1)
                .then(committed(commit -> GroupRemoval.forget(commit, id)));
    }

    private Mono<Void> cancel(List<JobId> jobs, Transition.Cancel cancel) {
        return writer.change(sink -> new CancelMembersChange(jobs, cancel, working, sink));
    }

    private Mono<Group> found(GroupId id) {
        return queries.find(id).ofType(GroupLookup.Known.class).map(GroupLookup.Known::group);
    }

    private Mono<Void> committed(Consumer<CommitGroup> action) {
        return writer.change(sink -> GroupChange.of(
                commit -> {
                    action.accept(commit);
                    return null;
                },
                sink));
    }

    private <T> Mono<T> changed(Function<StagedGroups, @Nullable T> action) {
        return writer.change(sink -> GroupChange.of(commit -> action.apply(commit.groups()), sink));
    }
}
