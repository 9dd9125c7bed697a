package dev.sluice.journal.postgres;

import dev.sluice.job.IllegalTransitionException;
import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.journal.StaleClaimException;
import dev.sluice.journal.postgres.MoveSql.Planned;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Moves groups of jobs. What a move leads to is worked out here, from the job as this node last knew it, and written on the
 * condition that the number of its latest event is still the same: so a move is one statement that holds no lock longer
 * than that, and when another node was faster it changes nothing; then the job is read and the move made again, or refused.
 */
final class Moves implements Retrying.Try<Move> {

    private static final int ROUNDS = 100;

    static final String STANDING = Sql.of("standing");

    static final String RECORDED = Sql.of("recorded");

    private final Database database;
    private final Clock clock;
    private final Running running;
    private final LiveBacklog backlog;
    private final Feed feed;
    private final JournalMeters meters;

    Moves(Database database, Clock clock, Running running, LiveBacklog backlog, Feed feed, JournalMeters meters) {
        this.database = database;
        this.clock = clock;
        this.running = running;
        this.backlog = backlog;
        this.feed = feed;
        this.meters = meters;
    }

    @Override
    public void carry(List<Move> group, boolean again) {
        for (Move move : group) {
            if (again) {
                move.tried = move.before == null ? move.tried : move.before;
                move.before = null;
                move.doubted = false;
            } else if (move.before == null && move.claimed() != null) {
                move.tried = running.unsure(move.claimed());
                move.before = move.tried == null ? running.latest(move.claimed()) : null;
            }
        }
        List<Move> held = group.stream().filter(move -> move.claimed() != null).toList();
        held.forEach(move -> {
            move.underWay = true;
            running.moveBegins(move.id);
        });
        try {
            for (int round = 0; !group.isEmpty(); round++) {
                if (round == ROUNDS) {
                    throw new IllegalStateException("jobs that move faster than they can be read");
                }
                settle(group);
                read(group);
                write(plan(group), group);
            }
        } finally {
            held.forEach(this::over);
        }
    }

    /** Whoever makes it is told next what came of it. */
    private void over(Move move) {
        if (move.underWay) {
            move.underWay = false;
            running.moveEnds(move.id);
        }
    }

    /** Whoever makes the same move of such a job once more, because he was told that it failed, must find it made. */
    @Override
    public void givenUp(List<Move> unsure) {
        for (Move move : unsure) {
            Job last = move.before == null ? move.tried : move.before;
            if (move.claimed() != null && last != null) {
                running.unsure(move.claimed(), last);
            }
        }
    }

    /** A job and whether its lease and its deadline are over. */
    private record Standing(Job job, boolean leased, boolean overdue) {}

    /** Reads those of which this node does not know how they stand. */
    private void read(List<Move> group) {
        UUID[] ids = group.stream()
                .filter(move -> move.before == null)
                .map(move -> Rows.uuid(move.id))
                .distinct()
                .toArray(UUID[]::new);
        if (ids.length == 0) {
            return;
        }
        Map<JobId, Standing> all = database.rows(STANDING, Moves::standing, (Object) ids).stream()
                .collect(Collectors.toMap(standing -> standing.job().id(), Function.identity()));
        List.copyOf(group).stream()
                .filter(move -> move.before == null)
                .forEach(move -> decide(move, all.get(move.id), group));
    }

    private static Standing standing(ResultSet row) throws SQLException {
        return new Standing(Rows.job(row), Rows.flag(row, Rows.WIDTH), Rows.flag(row, Rows.WIDTH + 1));
    }

    private void decide(Move move, @Nullable Standing standing, List<Move> group) {
        if (standing != null && isPossible(move, standing)) {
            move.before = standing.job();
            move.read = true;
            return;
        } else if (isDoubtful(move)) {
            return;
        }
        group.remove(move);
        over(move);
        if (move.guard == Move.Guard.CLAIM) {
            running.lost(move.id);
            move.failed(new StaleClaimException(move.id));
        } else {
            move.nothing();
        }
    }

    /** What was tried may have been written since it was asked for: it is asked for once more. */
    private static boolean isDoubtful(Move move) {
        boolean first = move.tried != null && !move.doubted;
        move.doubted = true;
        return first;
    }

    private static boolean isPossible(Move move, Standing standing) {
        Job job = standing.job();
        return switch (move.guard) {
            case NONE -> true;
            case CLAIM -> move.isHolderOf(job) && standing.leased();
            case LEASE_OUT -> job.state() == JobState.RUNNING && !standing.leased();
            case OVERDUE -> !job.state().finished() && standing.overdue();
        };
    }

    /** At most one move of each job: the next one follows from what this one leads to. */
    private List<Planned> plan(List<Move> group) {
        Instant now = clock.instant();
        Set<JobId> planned = new HashSet<>();
        List<Planned> plan = new ArrayList<>(group.size());
        for (Move move : List.copyOf(group)) {
            Job before = move.before;
            if (before == null || !planned.add(move.id)) {
                move.before = null; // another move comes first
                continue;
            }
            try {
                plan.add(new Planned(move, before, before.apply(move.transition, now)));
            } catch (IllegalTransitionException e) {
                if (move.read && !isDoubtful(move)) {
                    group.remove(move);
                    over(move);
                    move.failed(e);
                } else {
                    move.before = null; // what this node knew is out of date, or the claim
                }
            }
        }
        return plan;
    }

    private void write(List<Planned> plan, List<Move> group) {
        List<Planned> ends = new ArrayList<>();
        List<Planned> returns = new ArrayList<>();
        List<Planned> reports = new ArrayList<>();
        for (Planned planned : plan) {
            JobState after = planned.step().job().state();
            (after.finished() ? ends : after == JobState.QUEUED ? returns : reports).add(planned);
        }
        write(MoveSql.END, MoveSql::end, ends, group);
        write(MoveSql.REQUEUE, MoveSql::requeue, returns, group);
        write(MoveSql.TELL, MoveSql::tell, reports, group);
    }

    private void write(
            String sql, Function<List<Planned>, @Nullable Object[]> parameters, List<Planned> plan, List<Move> group) {
        if (plan.isEmpty()) {
            return;
        }
        Map<JobId, Instant> written = database
                .rows(
                        sql,
                        row -> Map.entry(Rows.id(row, 0), Instant.ofEpochMilli(Rows.number(row, 1))),
                        parameters.apply(plan))
                .stream()
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
        for (Planned planned : plan) {
            Instant at = written.get(planned.move().id);
            if (at != null) {
                group.remove(planned.move());
                moved(planned.move(), planned.before(), at);
            } else {
                planned.move().before = null;
                meters.clashed();
            }
        }
    }

    /** The step once more, with the time at which it was recorded. */
    private void moved(Move move, Job before, Instant at) {
        Job.Step step = before.apply(move.transition, at);
        running.moved(step.job());
        backlog.moved(before, step.job(), at);
        feed.recorded(step.event());
        over(move);
        move.done(step.job());
    }

    /** Which of them were written by the try whose end nobody knows: those whose event is the next one of their job. */
    private void settle(List<Move> group) {
        List<Move> tried = group.stream().filter(move -> move.tried != null).toList();
        if (tried.isEmpty()) {
            return;
        }
        UUID[] ids = tried.stream().map(move -> Rows.uuid(move.id)).toArray(UUID[]::new);
        Long[] seqs = tried.stream()
                .map(move -> Objects.requireNonNull(move.tried).lastSeq() + 1)
                .toArray(Long[]::new);
        Map<JobId, Recorded> events = database.rows(RECORDED, Moves::recorded, ids, seqs).stream()
                .collect(Collectors.toMap(Recorded::job, Function.identity(), (one, same) -> one));
        Map<JobId, Job> jobs = database.rows(STANDING, Rows::job, (Object) ids).stream()
                .collect(Collectors.toMap(Job::id, Function.identity(), (one, same) -> one));
        tried.forEach(move -> settle(move, events.get(move.id), jobs.get(move.id), group));
    }

    private record Recorded(JobId job, long seq, Instant at, String kind, byte @Nullable [] body) {}

    private static Recorded recorded(ResultSet row) throws SQLException {
        return new Recorded(
                Rows.id(row, 0),
                Rows.number(row, 1),
                Instant.ofEpochMilli(Rows.number(row, 2)),
                Rows.text(row, 3),
                Rows.optional(row, 4));
    }

    private void settle(Move move, @Nullable Recorded event, @Nullable Job now, List<Move> group) {
        Job before = move.tried;
        if (before == null || now == null) {
            return;
        }
        Job.Step step;
        try {
            step = before.apply(move.transition, clock.instant());
        } catch (IllegalTransitionException e) {
            return; // it was never written
        }
        Instant at = null;
        if (step.event() instanceof JobEvent.Finished) {
            if (now.lastSeq() == step.job().lastSeq() && isSameEnd(step.job(), now)) {
                at = now.finishedAt();
            }
        } else if (event != null
                && event.seq() == step.event().seq()
                && event.kind().equals(PackedColumns.kind(step.event()))
                && Arrays.equals(event.body(), PackedColumns.event(step.event(), MoveSql.isDueAtOnce(move)))) {
            at = event.at();
        }
        if (at != null) {
            group.remove(move);
            moved(move, before, at);
        }
    }

    private static boolean isSameEnd(Job wanted, Job found) {
        return found.state() == wanted.state()
                && found.fence() == wanted.fence()
                && Arrays.equals(PackedColumns.failure(wanted.failure()), PackedColumns.failure(found.failure()))
                && Arrays.equals(PackedColumns.answer(wanted.result()), PackedColumns.answer(found.result()));
    }
}
