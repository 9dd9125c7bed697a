package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.Transition;
import dev.sluice.journal.core.Decision;
import dev.sluice.journal.core.Decision.Guard;
import dev.sluice.journal.core.Decision.Snapshot;
import dev.sluice.journal.core.Decision.Step;
import dev.sluice.journal.core.EventCodec;
import dev.sluice.journal.core.JobCodec;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Determines which moves were written by a try whose outcome is unknown: those whose event is the next one of their
 * job. If the job has not moved since, none was: a try still in progress cannot also succeed, because only one of two
 * moves that follow the same event number can.
 *
 * <p>A move without an event was written if the job stands as it left it, and an answer if it is the one that is stored. If the
 * job has moved on since, a holder is told that its claim is stale, which is true.
 */
final class Settling {

    static final String RECORDED = Sql.of("recorded");

    static final String COMPLETED = Sql.of("completed");

    /** The kind of a row of output, which is not an event but a block of them. */
    static final char BLOCK = 'b';

    private final Database database;
    private final Clock clock;

    Settling(Database database, Clock clock) {
        this.database = database;
        this.clock = clock;
    }

    private static boolean hasMovedSinceTried(PendingMove move) {
        Snapshot known = move.known();
        return move.tried() != null
                && known != null
                && known.job() != null
                && known.job().lastSeq() > move.tried().lastSeq();
    }

    /** A move that was written, the job before it, and the time of recording. */
    record Settled(PendingMove move, Job before, Instant at) {}

    /**
     * Returns those of the moves just read that an earlier try wrote; the earlier tries of the others can no longer
     * succeed.
     */
    List<Settled> settle(List<PendingMove> read) {
        List<Settled> made = new ArrayList<>();
        answers(read, made);
        read.stream().filter(this::isParked).forEach(move -> made.add(settledNow(move)));
        List<PendingMove> moved = read.stream()
                .filter(move -> hasMovedSinceTried(move) && !(move.transition instanceof Transition.Complete))
                .toList();
        return moved.isEmpty() ? made : told(moved, made);
    }

    private void answers(List<PendingMove> read, List<Settled> made) {
        List<PendingMove> tried = read.stream()
                .filter(move -> move.tried() != null && move.transition instanceof Transition.Complete)
                .toList();
        if (tried.isEmpty()) {
            return;
        }
        Map<Part, Instant> stored = new HashMap<>();
        database.rows(
                COMPLETED,
                row -> stored.put(
                        new Part(Rows.id(row, 0), Rows.number(row, 1)), Instant.ofEpochMilli(Rows.number(row, 2))),
                Rows.uuids(tried.stream().map(move -> move.id).toList()),
                tried.stream().map(PendingMove::part).toArray(Long[]::new));
        for (PendingMove move : tried) {
            Instant at = stored.get(new Part(move.id, Objects.requireNonNull(move.part())));
            if (at != null) {
                made.add(new Settled(move, Objects.requireNonNull(move.tried()), at));
            }
        }
    }

    private record Part(JobId job, long part) {}

    /** What is due at once is so since it was recorded. */
    private Settled settledNow(PendingMove move) {
        Snapshot known = move.known();
        Job now = known == null ? null : known.job();
        return new Settled(
                move,
                Objects.requireNonNull(move.tried()),
                now != null && now.parked() ? now.dueAt() : clock.instant());
    }

    /** Whether a move without an event was written: the job is parked as the move parks it. */
    private boolean isParked(PendingMove move) {
        Snapshot known = move.known();
        Job before = move.tried();
        Job now = known == null ? null : known.job();
        return before != null
                && now != null
                && now.parked()
                && !before.parked()
                && !(move.transition instanceof Transition.Complete)
                && again(move, before) instanceof Step step
                && step.event() == null
                && now.lastSeq() == step.after().lastSeq()
                && now.fence() == step.after().fence()
                && Objects.equals(now.awaiting(), step.after().awaiting())
                && (MoveSql.isDueAtOnce(move) || now.dueAt().equals(step.after().dueAt()));
    }

    private List<Settled> told(List<PendingMove> moved, List<Settled> made) {
        Map<Place, Recorded> events = database
                .rows(
                        RECORDED,
                        Settling::recorded,
                        Rows.uuids(moved.stream().map(move -> move.id).toList()),
                        moved.stream().map(move -> next(move).seq()).toArray(Long[]::new))
                .stream()
                .collect(Collectors.toMap(Recorded::place, Function.identity(), (one, same) -> one));
        for (PendingMove move : moved) {
            Job before = Objects.requireNonNull(move.tried());
            Instant at = madeAt(move, before, events.get(next(move)));
            if (at != null) {
                made.add(new Settled(move, before, at));
            } else {
                move.tried(null); // its number belongs to another event
            }
        }
        return made;
    }

    /** The key of an event. */
    private record Place(JobId job, long seq) {}

    private static Place next(PendingMove move) {
        return new Place(move.id, Objects.requireNonNull(move.tried()).lastSeq() + 1);
    }

    private record Recorded(Place place, Instant at, char kind, byte @Nullable [] body) {}

    private static Recorded recorded(ResultSet row) throws SQLException {
        return new Recorded(
                new Place(Rows.id(row, 0), Rows.number(row, 1)),
                Instant.ofEpochMilli(Rows.number(row, 2)),
                Rows.text(row, 3).charAt(0),
                Rows.optional(row, 4));
    }

    /** Returns when a tried move was recorded; null if another event has its number. */
    private @Nullable Instant madeAt(PendingMove move, Job before, @Nullable Recorded event) {
        Job now = Objects.requireNonNull(move.known()).job();
        if (!(again(move, before) instanceof Step step) || step.event() == null) {
            return null; // it was never written, or the job has moved on
        } else if (step.event() instanceof JobEvent.Finished) {
            return now != null && isSameEnd(step.after(), now) ? now.finishedAt() : null;
        }
        return event != null && event.kind() == kind(move, step) && Arrays.equals(event.body(), body(move, step))
                ? event.at()
                : null;
    }

    private static char kind(PendingMove move, Step step) {
        return move.output() == null ? EventCodec.kind(step.told()) : BLOCK;
    }

    private static byte[] body(PendingMove move, Step step) {
        OutputBatch output = move.output();
        return output == null
                ? EventCodec.detail(step.told(), MoveSql.isDueAtOnce(move))
                : output.blocks(step.before()).get(0).value();
    }

    private Decision again(PendingMove move, Job before) {
        return Decision.of(move.id, new Snapshot(before, true), Guard.ANYONE, null, move.transition, clock.instant());
    }

    private static boolean isSameEnd(Job wanted, Job found) {
        return found.state() == wanted.state()
                && found.lastSeq() == wanted.lastSeq()
                && found.fence() == wanted.fence()
                && Arrays.equals(JobCodec.failure(wanted.failure()), JobCodec.failure(found.failure()))
                && Arrays.equals(JobCodec.resultInfo(wanted.result()), JobCodec.resultInfo(found.result()));
    }
}
