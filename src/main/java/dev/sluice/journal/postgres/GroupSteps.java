package dev.sluice.journal.postgres;

import dev.sluice.job.Group;
import dev.sluice.job.GroupId;
import dev.sluice.job.IllegalTransitionException;
import dev.sluice.job.JobId;
import dev.sluice.job.Transition;
import dev.sluice.journal.GroupFinishedException;
import dev.sluice.journal.core.Decision.Guard;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * What is done with groups in bounded steps: cancelling, erasing, closing those that are idle. That it is to be done is recorded
 * first, so that any node can go on with it; several may do so at once.
 */
final class GroupSteps {

    private static final Logger log = LoggerFactory.getLogger(GroupSteps.class);

    private static final int AT_ONCE = 256;

    private static final int ROWS_AT_ONCE = 2_000;

    /** How many times all members are gone through: each one was cancelled or had ended when it was come by. */
    private static final int PASSES = 5;

    static final String UNFINISHED = Sql.of("group-unfinished", Map.of("most", ROWS_AT_ONCE));

    static final String ERASE = Sql.of("group-erase", Map.of("most", ROWS_AT_ONCE));

    static final String IDLE = Sql.of("group-idle", Map.of("most", AT_ONCE));

    static final String TASKS = Sql.of("group-tasks", Map.of("most", AT_ONCE));

    static final String FORGET = Sql.of("group-forget", Map.of("most", ROWS_AT_ONCE));

    /** The steps through what groups tell, each time that they are tended. */
    private static final int STEPS_OF_A_WALK = 10;

    private static final Place BEGIN = new Place(new UUID(0, 0), 0, 0);

    private final Database database;
    private final Workers workers;
    private final GroupStore store;
    private final PieceSweep pieces;
    private final TimeLimits.Moving moving;
    private final StepSize size = new StepSize(AT_ONCE);
    private volatile Place walked = BEGIN;

    GroupSteps(Database database, Workers workers, GroupStore store, PieceSweep pieces, TimeLimits.Moving moving) {
        this.database = database;
        this.workers = workers;
        this.store = store;
        this.pieces = pieces;
        this.moving = moving;
    }

    Mono<Group> cancel(GroupId id) {
        return workers.run(() -> marked(id)).flatMap(group -> cancelled(group));
    }

    /** Closes a group and records that it is to be cancelled; null if there is none. */
    private @Nullable Group marked(GroupId id) {
        GroupRows.Row before = store.row(id);
        if (before == null || before.isErased()) {
            return null;
        } else if (before.doing() == null) {
            store.close(List.of(id), Long.MAX_VALUE, GroupRows.CANCELLED);
        }
        GroupRows.Row row = store.row(id);
        if (row == null || row.isErased()) {
            return null;
        } else if (row.doing() == null) {
            throw new GroupFinishedException();
        }
        return row.group();
    }

    private Mono<Group> cancelled(Group marked) {
        return unfinishedCancelled(marked, false, PASSES).then(workers.run(() -> store.group(marked.id())));
    }

    /**
     * Cancels the members that are unfinished.
     *
     * @param erased whether that is to have no consequences
     */
    private Mono<Void> unfinishedCancelled(Group closed, boolean erased, int passes) {
        if (closed.finishedAt() != null || passes == 0) {
            return Mono.empty();
        }
        return cancelling(closed.id(), erased, 0)
                .then(workers.run(() -> store.row(closed.id())))
                .flatMap(row -> unfinishedCancelled(row.group(), erased, passes - 1));
    }

    private record Member(long place, JobId job, boolean unfinished) {}

    private Flux<Boolean> cancelling(GroupId id, boolean erased, long after) {
        return workers.run(() -> database.read(
                        UNFINISHED,
                        row -> new Member(Rows.number(row, 0), Rows.id(row, 1), Rows.flag(row, 2)),
                        GroupRows.uuid(id),
                        after))
                .flatMapMany(page -> {
                    Flux<Boolean> cancelled = Flux.fromIterable(page)
                            .filter(Member::unfinished)
                            .flatMap(member -> cancelled(member.job(), erased), AT_ONCE);
                    return page.size() < ROWS_AT_ONCE
                            ? cancelled
                            : cancelled.concatWith(Flux.defer(() -> cancelling(
                                    id, erased, page.get(page.size() - 1).place())));
                });
    }

    private Mono<Boolean> cancelled(JobId job, boolean erased) {
        return moving.move(job, Guard.ANYONE, new Transition.Cancel(erased))
                .map(ended -> true)
                .onErrorResume(IllegalTransitionException.class, ended -> Mono.empty());
    }

    Mono<Boolean> erase(GroupId id) {
        return workers.run(() -> store.close(List.of(id), Long.MAX_VALUE, GroupRows.ERASED))
                .flatMap(marked ->
                        marked.isEmpty() ? Mono.just(false) : erased(id).thenReturn(true));
    }

    /** As {@link #erase}, after a try whose outcome is unknown: a group erased meanwhile counts as erased by this call. */
    Mono<Boolean> eraseAgain(GroupId id) {
        return erase(id)
                .flatMap(marked -> marked
                        ? Mono.just(true)
                        : workers.run(() -> store.isErased(id))
                                .flatMap(gone -> gone ? erased(id).thenReturn(true) : Mono.just(false)));
    }

    /** Erases a group that is marked, with its jobs. */
    private Mono<Void> erased(GroupId id) {
        return workers.run(() -> store.row(id))
                .flatMap(row -> unfinishedCancelled(row.group(), true, PASSES).then(Mono.just(row)))
                .flatMapMany(row -> workers.run(() -> erasesLast(id)).repeat().takeUntil(last -> last))
                .then();
    }

    /** Erases some of the jobs of a group; returns whether they were the last, and the group is gone. */
    private boolean erasesLast(GroupId id) {
        size.once(most -> database.rows(ERASE, row -> Rows.number(row, 0), GroupRows.uuid(id), most)
                .get(0));
        pieces.run();
        return store.isGone(id);
    }

    Mono<Void> tend(Duration idle) {
        return Flux.just(closing(idle), Mono.defer(() -> tasks(new UUID(0, 0))), forgetting())
                .concatMapDelayError(step -> step, 1) // concatDelayError drops an error when it is cancelled at its end
                .then();
    }

    /**
     * How far it has been gone through what groups tell.
     *
     * @param rows how many were looked at in the last step
     */
    private record Place(UUID group, long seq, long rows) {}

    /**
     * Goes on through what groups tell, and removes what tells only of jobs that have gone. A bounded part each time, because
     * nothing says where such rows are; from the beginning again when the end is reached.
     */
    private Mono<Void> forgetting() {
        return workers.run(this::forgets)
                .repeat(STEPS_OF_A_WALK - 1)
                .takeUntil(place -> place.rows() < ROWS_AT_ONCE)
                .then();
    }

    private Place forgets() {
        Place from = walked;
        List<Place> to = database.rows(
                FORGET,
                row -> new Place(Rows.uuid(Rows.id(row, 0)), Rows.number(row, 1), Rows.number(row, 2)),
                from.group(),
                from.seq());
        Place last = to.isEmpty() ? BEGIN : to.get(0);
        walked = last.rows() < ROWS_AT_ONCE ? BEGIN : last;
        return last;
    }

    private record Idle(GroupId id, long until) {}

    private Mono<Void> closing(Duration idle) {
        return workers.run(() -> {
                    List<Idle> found = database.read(
                            IDLE, row -> new Idle(new GroupId(Rows.id(row, 0)), Rows.number(row, 1)), idle.toMillis());
                    if (!found.isEmpty()) {
                        store.close(
                                found.stream().map(Idle::id).toList(),
                                found.get(0).until(),
                                null);
                    }
                    return found.size();
                })
                .repeat()
                .takeUntil(many -> many < AT_ONCE)
                .then();
    }

    private record Task(GroupId id, String doing) {}

    /** Goes on with what was begun with groups after one of them. */
    private Mono<Void> tasks(UUID after) {
        return workers.run(() ->
                        database.read(TASKS, row -> new Task(new GroupId(Rows.id(row, 0)), Rows.text(row, 1)), after))
                .flatMap(found -> Flux.just(
                                Flux.fromIterable(found)
                                        .concatMapDelayError(this::continued)
                                        .then(),
                                found.size() < AT_ONCE
                                        ? Mono.<Void>empty()
                                        : Mono.defer(() -> tasks(GroupRows.uuid(
                                                found.get(found.size() - 1).id()))))
                        .concatMapDelayError(step -> step, 1)
                        .then());
    }

    /** A group that fails does not keep the next ones from being gone on with; it is reported when that is done. */
    private Mono<Void> continued(Task task) {
        Mono<Void> rest = task.doing().equals(GroupRows.ERASED)
                ? erased(task.id())
                : cancel(task.id()).then();
        return rest.doOnError(error -> log.warn("Group {} cannot be tended now: {}", task.id(), error.getMessage()));
    }
}
