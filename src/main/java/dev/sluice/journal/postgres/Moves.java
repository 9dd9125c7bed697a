package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.Transition;
import dev.sluice.journal.core.Decision;
import dev.sluice.journal.core.Decision.Snapshot;
import dev.sluice.journal.core.Decision.Step;
import dev.sluice.journal.postgres.MoveSql.Planned;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Moves jobs in batches, with optimistic concurrency. A move is decided from the last version of the job known to this
 * node, and written on the condition that the number of its latest event is unchanged, and its fence and whether it is parked,
 * which change without an event: so a move is one statement that holds no lock beyond it, and changes nothing if another node
 * was faster; then the job is read and the move decided again.
 */
final class Moves implements Retrying.Try<PendingMove> {

    /** How often in a row nothing is written because other nodes are faster. */
    private static final int ROUNDS = 100;

    static final String STANDING = Sql.of("standing");

    private final Database database;
    private final Clock clock;
    private final Settling settling;
    private final EndWriter endings;
    private final Running running;
    private final SharedBacklog backlog;
    private final Feed feed;
    private final GroupFeed groups;
    private final PostgresJournalMeters meters;

    Moves(
            Database database,
            Clock clock,
            EndWriter endings,
            Running running,
            SharedBacklog backlog,
            Feed feed,
            GroupFeed groups,
            PostgresJournalMeters meters) {
        this.database = database;
        this.clock = clock;
        this.settling = new Settling(database, clock);
        this.endings = endings;
        this.running = running;
        this.backlog = backlog;
        this.feed = feed;
        this.groups = groups;
        this.meters = meters;
    }

    @Override
    public void carry(List<PendingMove> batch, boolean again) {
        batch.forEach(move -> begin(move, again));
        try {
            int vain = 0; // many moves of one job are written one after another
            while (!batch.isEmpty()) {
                int before = batch.size();
                read(batch);
                write(plan(batch), batch);
                vain = batch.size() < before ? 0 : vain + 1;
                if (vain == ROUNDS) {
                    throw new IllegalStateException("jobs that move faster than they can be read");
                }
            }
        } finally {
            batch.forEach(this::ends); // the callers of the remaining ones are completed next
        }
    }

    private void begin(PendingMove move, boolean again) {
        Job claimed = move.claimed();
        if (claimed != null) {
            running.moveBegins(move.id);
        }
        if (again) {
            move.mustBeRead();
        } else if (move.known() == null && claimed != null) {
            move.tried(running.unsure(claimed));
            if (move.tried() == null) {
                move.remembers(running.latest(claimed));
            }
        }
    }

    private void ends(PendingMove move) {
        if (move.claimed() != null) {
            running.moveEnds(move.id);
        }
    }

    /** A caller that repeats such a move, because it received an error, must find it made. */
    @Override
    public void givenUp(List<PendingMove> unsure) {
        for (PendingMove move : unsure) {
            Job tried = move.tried();
            if (move.claimed() != null && tried != null) {
                running.unsure(move.claimed(), tried);
            }
        }
    }

    private record StoredJob(Job job, boolean leased, Instant at) {}

    /** Reads the jobs whose version is unknown, and completes moves that turn out to be made. */
    private void read(List<PendingMove> batch) {
        List<PendingMove> asked =
                batch.stream().filter(move -> move.known() == null).toList();
        if (asked.isEmpty()) {
            return;
        }
        Set<JobId> ids = asked.stream().map(move -> move.id).collect(Collectors.toSet());
        Map<JobId, StoredJob> all = database.rows(STANDING, Moves::storedJob, (Object) Rows.uuids(ids)).stream()
                .collect(Collectors.toMap(standing -> standing.job().id(), Function.identity()));
        for (PendingMove move : asked) {
            StoredJob found = all.get(move.id);
            if (found == null) {
                move.read(new Snapshot(null, false), clock.instant());
            } else {
                move.read(new Snapshot(found.job(), found.leased()), found.at());
            }
        }
        List<Settling.Settled> made = settling.settle(asked);
        endings.settled(made.stream().map(Settling.Settled::move).toList());
        for (Settling.Settled settled : made) {
            recorded(settled.move(), settled.before(), settled.at(), batch);
        }
    }

    private static StoredJob storedJob(ResultSet row) throws SQLException {
        return new StoredJob(
                Rows.job(row), Rows.flag(row, Rows.WIDTH), Instant.ofEpochMilli(Rows.number(row, Rows.WIDTH + 1)));
    }

    /** Plans at most one move of each job, because the next depends on its outcome. */
    private List<Planned> plan(List<PendingMove> batch) {
        Set<JobId> planned = new HashSet<>();
        List<Planned> plan = new ArrayList<>(batch.size());
        for (PendingMove move : List.copyOf(batch)) {
            Snapshot known = move.known();
            if (known == null || !planned.add(move.id)) {
                move.mustBeRead(); // another move comes first
                continue;
            }
            Instant readAt = move.readAt();
            Instant now = readAt == null ? clock.instant() : readAt;
            Decision decision = Decision.of(move.id, known, move.guard, move.claimed(), move.transition, now);
            if (decision instanceof Step step) {
                plan.add(new Planned(move, move.whole(step, now)));
            } else if (readAt == null) {
                move.mustBeRead(); // the known version or the claim is out of date
            } else {
                batch.remove(move);
                ends(move);
                tell(move, decision);
            }
        }
        return plan;
    }

    private void tell(PendingMove move, Decision decision) {
        if (decision instanceof Decision.Stale stale) {
            running.lost(move.id);
            move.failed(stale.error());
        } else if (decision instanceof Decision.Refused refused) {
            move.failed(refused.error());
        } else {
            move.nothing();
        }
    }

    private void write(List<Planned> plan, List<PendingMove> batch) {
        List<Planned> ends = new ArrayList<>();
        List<Planned> returns = new ArrayList<>();
        List<Planned> reports = new ArrayList<>();
        List<Planned> parkings = new ArrayList<>();
        List<Planned> answers = new ArrayList<>();
        List<Planned> outputs = new ArrayList<>();
        for (Planned planned : plan) {
            Step step = planned.step();
            if (planned.move().output() != null) {
                outputs.add(planned);
            } else if (step.event() == null) {
                (planned.move().transition instanceof Transition.Complete ? answers : parkings).add(planned);
            } else {
                (step.ends() ? ends : step.entersQueue() ? returns : reports).add(planned);
            }
        }
        write(endings::write, ends, batch);
        write(rows(MoveSql.REQUEUE, MoveSql::requeue), returns, batch);
        write(rows(MoveSql.TELL, MoveSql::tell), reports, batch);
        write(rows(OutputSql.EMIT, OutputSql::emit), outputs, batch);
        write(rows(MoveSql.PARK, MoveSql::park), parkings, batch);
        write(some -> completed(some, batch), answers, batch);
    }

    /** Returns what executes a statement: it writes moves, and returns which of them it wrote, and when. */
    private Function<List<Planned>, Map<JobId, Instant>> rows(
            String sql, Function<List<Planned>, @Nullable Object[]> parameters) {
        return plan -> database
                .rows(
                        sql,
                        row -> Map.entry(Rows.id(row, 0), Instant.ofEpochMilli(Rows.number(row, 1))),
                        parameters.apply(plan))
                .stream()
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue, (one, same) -> one));
    }

    /** Stores answers; those whose pieces are gone fail. */
    private Map<JobId, Instant> completed(List<Planned> plan, List<PendingMove> batch) {
        Map<JobId, Instant> stored = new HashMap<>();
        Set<JobId> gone = new HashSet<>();
        database.rows(
                MoveSql.COMPLETE,
                row -> Rows.isNull(row, 1)
                        ? gone.add(Rows.id(row, 0))
                        : stored.put(Rows.id(row, 0), Instant.ofEpochMilli(Rows.number(row, 1))),
                MoveSql.complete(plan));
        for (Planned planned : plan) {
            if (gone.contains(planned.move().id)) {
                batch.remove(planned.move());
                planned.move().failed(PostgresPieceStore.removed());
            }
        }
        return stored;
    }

    private void write(
            Function<List<Planned>, Map<JobId, Instant>> statement, List<Planned> plan, List<PendingMove> batch) {
        if (plan.isEmpty()) {
            return;
        }
        List<@Nullable Job> before = new ArrayList<>();
        for (Planned planned : plan) {
            before.add(planned.move().tried());
            planned.move().tried(planned.step().before());
        }
        Map<JobId, Instant> written = statement.apply(plan);
        for (int i = 0; i < plan.size(); i++) {
            PendingMove move = plan.get(i).move();
            move.tried(before.get(i)); // the outcome of this try is known
            Instant at = written.get(move.id);
            if (at != null) {
                recorded(move, plan.get(i).step().before(), at, batch);
            } else if (batch.contains(move)) {
                move.mustBeRead();
                meters.clashed();
            }
        }
    }

    /** Repeats the step with the time at which it was recorded. */
    private void recorded(PendingMove move, Job before, Instant at, List<PendingMove> batch) {
        batch.remove(move);
        Job after = before;
        for (Step step : move.steps(Decision.step(before, move.transition, at), at)) {
            after = step.after();
            running.moved(after);
            backlog.moved(step, at);
            if (step.event() != null) {
                feed.recorded(step.event());
                groups.recorded(step);
            }
        }
        ends(move);
        move.done(after);
    }
}
