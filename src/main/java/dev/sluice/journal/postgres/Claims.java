package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.Transition;
import dev.sluice.journal.Journal;
import dev.sluice.journal.Journal.Claimed;
import dev.sluice.journal.Journal.Demand;
import dev.sluice.journal.JournalUnavailableException;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Row;
import io.r2dbc.spi.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Starts due jobs, of many routes in one statement, and ends what must not be started: lost leases and passed deadlines.
 * Locked rows are passed over, so that nodes that claim at once do not wait for one another.
 *
 * <p>A claim first looks whether something stands in its way, in the same statement, and then starts nothing: delayed jobs
 * that have become due and must take their turn, leases that ran out, deadlines that passed. That is rare; it is tidied up
 * and the claim made once more.
 */
final class Claims {

    private static final int AT_ONCE = 256;

    static final String CLAIM = Sql.compact("""
            with f as materialized (select
                (select min(due_at) from live where state = 'd' and route = any($1)) as next_due,
                exists (select from live where state = 'r' and route = any($1) and lease_until <= millis()) as lost,
                exists (select from live where deadline <= millis()) as overdue,
                pg_advisory_xact_lock($6) as under_way),
            w as materialized (
              select u.route, least(u.room, case when u.most = 2147483647 then u.room else u.most
                  - (select count(*) from live c where c.state = 'r' and c.route = u.route) end) as room
                from unnest($1::text[], $2::int[], $3::int[]) u(route, room, most), f
               where $4 or not (coalesce(f.next_due <= millis(), false) or f.lost or f.overdue)),
            due as materialized (
              select p.id from w cross join lateral (
                select l.id from live l
                 where l.route = w.route and l.state = 'q' and (l.deadline is null or l.deadline > millis())
                 order by l.rank, l.ord limit greatest(w.room, 0) for update skip locked) p),
            l as (
              update live l set state = 'r', seq = l.seq + 1, fence = l.fence + 1, attempt = l.attempt + 1,
                  lease_until = millis() + $5, claim = $6, started_at = millis(), progress = null
                from due where l.id = due.id
              returning l.*),
            told as (insert into event (job, seq, at, attempt, kind)
              select id, seq, started_at, attempt, 's' from l),
            cut as (delete from event e using l where l.seq > %1$d and e.job = l.id and e.seq = l.seq - %1$d)
            select %2$s, f.next_due, coalesce(f.next_due <= millis(), false), f.lost, f.overdue, j.request
              from f left join (l join job j on j.id = l.id) on true
             order by l.rank, l.ord""".formatted(Journal.HISTORY_KEPT, Rows.UNFINISHED));

    /** The jobs of a claim, whose lease begins now. */
    private static final String ADOPT = """
            with l as (
              update live set lease_until = millis() + $3
               where state = 'r' and route = any($1) and claim = $2 and lease_until > millis()
              returning *)
            select %s, null::bigint, false, false, false, j.request from l join job j on j.id = l.id
             order by l.rank, l.ord""".formatted(Rows.UNFINISHED);

    /** A claim holds the lock of its number as long as it is under way, though nobody may be there any more to be told. */
    private static final String AWAIT_END = "select pg_advisory_xact_lock($1)";

    /** For so long a claim that was not found may still be on its way. */
    private static final long DOUBT_NANOS = Duration.ofSeconds(10).toNanos();

    private static final long ASKED_AGAIN_NANOS = Duration.ofSeconds(1).toNanos();

    /** Held until the end of the transaction: the routes whose running jobs are counted. */
    static final String ONE_AT_A_TIME =
            "select pg_advisory_xact_lock(hashtextextended(current_schema() || '/' || r, 0))"
                    + " from (select r from unnest($1::text[]) r order by r) s";

    private static final String PROMOTE = """
            update live l set state = 'q' from (
              select id from live where state = 'd' and route = any($1) and due_at <= millis()
               order by due_at limit 1000 for update skip locked) d
             where l.id = d.id""";

    private static final String LOST = "select l.id from live l where l.state = 'r' and l.lease_until <= millis()"
            + " and ($1::text[] is null or l.route = any($1)) limit " + AT_ONCE;

    static final String OVERDUE =
            "select l.id from live l where l.deadline <= millis() order by l.deadline limit " + AT_ONCE;

    static final String NEXT_DEADLINE = "select min(deadline) from live where deadline is not null";

    static final String RENEW = """
            update live l set lease_until = millis() + $3
              from unnest($1::uuid[], $2::bigint[]) x(id, fence)
             where l.id = x.id and l.fence = x.fence and l.state = 'r' and l.lease_until > millis()
            returning l.id""";

    private final Database database;
    private final Scheduler scheduler;
    private final Running running;
    private final Requests requests;
    private final LiveBacklog backlog;
    private final Feed feed;
    private final Withdrawals withdrawals;
    private final Function<Move.Guard, Function<JobId, Mono<Job>>> moving;

    /** Claims whose answer was lost and of which it is not known what became of them. */
    private final Queue<Wanted> unsure = new ConcurrentLinkedQueue<>();

    /**
     * Makes one.
     *
     * @param moving makes the move that belongs to a guard, a lost lease or a missed deadline; empty if it no longer applies
     */
    Claims(
            Database database,
            Scheduler scheduler,
            Running running,
            Requests requests,
            LiveBacklog backlog,
            Feed feed,
            Withdrawals withdrawals,
            Function<Move.Guard, Function<JobId, Mono<Job>>> moving) {
        this.database = database;
        this.scheduler = scheduler;
        this.running = running;
        this.requests = requests;
        this.backlog = backlog;
        this.feed = feed;
        this.withdrawals = withdrawals;
        this.moving = moving;
    }

    /** What was claimed before and not handed out, because the answer was lost, comes first and alone. */
    Mono<Claimed> claim(Map<String, Demand> demand, Duration lease) {
        Mono<Void> first = Mono.defer(() -> withdrawals.areUrgent() ? withdrawals.run() : Mono.empty());
        return first.then(found())
                .switchIfEmpty(Mono.defer(() -> claim(new Wanted(demand, lease))))
                .publishOn(scheduler)
                .map(taken -> started(taken, lease));
    }

    private Mono<Taken> claim(Wanted wanted) {
        return take(wanted, false)
                .flatMap(taken -> taken.inTheWay() ? tidy(wanted.routes()).then(take(wanted, true)) : Mono.just(taken));
    }

    /** Takes over what was claimed and not handed out, for it to be given back. */
    Mono<Void> takeOver(Duration lease) {
        return found().publishOn(scheduler)
                .doOnNext(taken -> started(taken, lease))
                .then();
    }

    /** One claim, and the number by which its jobs are found again if nobody knows what became of it. */
    private static final class Wanted {
        private final String[] routes;
        private final Integer[] rooms;
        private final Integer[] limits;
        private final String[] limited;
        private final long lease;
        private final long number = ThreadLocalRandom.current().nextLong();
        private final AtomicBoolean asking = new AtomicBoolean();
        private volatile long lostAt;
        private volatile long askAt;

        Wanted(Map<String, Demand> demand, Duration lease) {
            routes = demand.keySet().toArray(String[]::new);
            rooms = new Integer[routes.length];
            limits = new Integer[routes.length];
            List<String> some = new ArrayList<>();
            for (int i = 0; i < routes.length; i++) {
                Demand asked = Objects.requireNonNull(demand.get(routes[i]));
                rooms[i] = asked.room();
                limits[i] = asked.limit();
                if (asked.limit() != Integer.MAX_VALUE) {
                    some.add(routes[i]);
                }
            }
            this.limited = some.toArray(String[]::new);
            this.lease = lease.toMillis();
        }

        List<String> routes() {
            return List.of(routes);
        }

        Statement bind(Statement statement, boolean anyway) {
            return statement
                    .bind("$1", routes)
                    .bind("$2", rooms)
                    .bind("$3", limits)
                    .bind("$4", anyway)
                    .bind("$5", lease)
                    .bind("$6", number);
        }
    }

    private record Start(
            @Nullable Job job,
            byte @Nullable [] request,
            @Nullable Instant nextDue,
            boolean inTheWay) {}

    private record Taken(List<Start> rows) {

        boolean inTheWay() {
            return !rows.isEmpty() && rows.get(0).inTheWay();
        }

        Instant nextDue() {
            Instant next = rows.isEmpty() ? null : rows.get(0).nextDue();
            return next == null ? Instant.MAX : next;
        }
    }

    private Mono<Taken> take(Wanted wanted, boolean anyway) {
        Function<Connection, Mono<Taken>> work =
                connection -> Database.rows(connection, CLAIM, statement -> wanted.bind(statement, anyway), Claims::row)
                        .collectList()
                        .map(Taken::new);
        Mono<Taken> taking = wanted.limited.length == 0
                ? database.use(work)
                : database.transaction(connection -> Database.rows(
                                connection, ONE_AT_A_TIME, statement -> statement.bind("$1", wanted.limited), row -> 1)
                        .then(Mono.defer(() -> work.apply(connection))));
        return taking.onErrorResume(error -> Faults.kind(error) == Faults.Kind.UNKNOWN, error -> {
            wanted.lostAt = System.nanoTime();
            wanted.askAt = wanted.lostAt;
            unsure.add(wanted);
            return adopt(wanted).onErrorResume(again -> Mono.empty()).switchIfEmpty(Mono.error(unavailable(error)));
        });
    }

    /** The jobs of the first claim whose answer was lost and that was made; empty if there is none. */
    private Mono<Taken> found() {
        return Mono.defer(() -> {
            long now = System.nanoTime();
            return Flux.fromIterable(unsure)
                    .filter(wanted -> now - wanted.askAt >= 0)
                    .concatMap(this::adopt, 0)
                    .next(); // another one is asked for by the next claim
        });
    }

    /** The jobs of a claim whose answer was lost; empty if it was not made, or not yet. */
    private Mono<Taken> adopt(Wanted wanted) {
        return Mono.defer(() -> wanted.asking.compareAndSet(false, true) && unsure.contains(wanted)
                ? ask(wanted)
                : Mono.<Taken>empty());
    }

    private Mono<Taken> ask(Wanted wanted) {
        return database.use(connection -> Database.rows(
                                connection, AWAIT_END, statement -> statement.bind("$1", wanted.number), row -> 1)
                        .thenMany(Database.rows(
                                connection,
                                ADOPT,
                                statement -> statement
                                        .bind("$1", wanted.routes)
                                        .bind("$2", wanted.number)
                                        .bind("$3", wanted.lease),
                                Claims::row))
                        .collectList())
                .doOnNext(rows -> {
                    long now = System.nanoTime();
                    wanted.askAt = now + ASKED_AGAIN_NANOS;
                    if (!rows.isEmpty() || now - wanted.lostAt > DOUBT_NANOS) {
                        unsure.remove(wanted);
                    }
                })
                .doFinally(end -> wanted.asking.set(false))
                .filter(rows -> !rows.isEmpty())
                .map(Taken::new);
    }

    private static Start row(Row row) {
        boolean none = row.get(0) == null;
        int after = Rows.WIDTH;
        boolean inTheWay = Rows.flag(row, after + 1) || Rows.flag(row, after + 2) || Rows.flag(row, after + 3);
        return new Start(
                none ? null : Rows.job(row),
                none ? null : Rows.bytes(row, after + 4),
                Rows.instant(row, after),
                inTheWay);
    }

    private Claimed started(Taken taken, Duration lease) {
        List<Job> jobs = new ArrayList<>();
        for (Start row : taken.rows()) {
            Job job = row.job();
            if (job != null) {
                jobs.add(job);
                running.claimed(job, lease);
                backlog.started(job);
                if (row.request() != null) {
                    requests.remember(job.id(), row.request());
                }
                Instant at = job.startedAt() == null ? job.acceptedAt() : job.startedAt();
                feed.recorded(new JobEvent.Started(job.id(), job.route(), job.lastSeq(), at, job.attempt()));
            }
        }
        return new Claimed(List.copyOf(jobs), taken.nextDue());
    }

    private Mono<Void> tidy(List<String> routes) {
        String[] some = routes.toArray(String[]::new);
        Mono<Long> promote = database.update(PROMOTE, statement -> statement.bind("$1", some));
        return lose(routes)
                .then(failAllOverdue())
                .then(promote.expand(moved -> moved < 1000 ? Mono.empty() : promote)
                        .then());
    }

    /** Records the loss of leases that ran out: of some routes, or of all. */
    Mono<Void> lose(@Nullable Collection<String> routes) {
        String[] some = routes == null ? null : routes.toArray(String[]::new);
        return inSteps(
                () -> database.rows(
                        LOST,
                        statement ->
                                some == null ? statement.bindNull("$1", String[].class) : statement.bind("$1", some),
                        row -> Rows.id(row, 0)),
                moving.apply(Move.Guard.LEASE_OUT));
    }

    Mono<Instant> failOverdue() {
        return failAllOverdue()
                .then(Mono.defer(() -> database.rows(
                                NEXT_DEADLINE,
                                statement -> statement,
                                row -> java.util.Optional.ofNullable(Rows.instant(row, 0)))
                        .next()))
                .map(next -> next.orElse(Instant.MAX))
                .onErrorMap(Claims::unavailable);
    }

    private Mono<Void> failAllOverdue() {
        return inSteps(
                () -> database.rows(OVERDUE, statement -> statement, row -> Rows.id(row, 0)),
                moving.apply(Move.Guard.OVERDUE));
    }

    /** Moves what is found until nothing is found any more. */
    private static Mono<Void> inSteps(Supplier<Flux<JobId>> finding, Function<JobId, Mono<Job>> move) {
        Mono<Long> step = Flux.defer(finding)
                .collectList()
                .flatMap(ids -> Flux.fromIterable(ids).flatMap(move, AT_ONCE).then(Mono.just((long) ids.size())));
        return step.expand(found -> found == 0 ? Mono.empty() : step).then();
    }

    Mono<List<JobId>> renew(Collection<Job> claimed, Duration lease) {
        if (claimed.isEmpty()) {
            return Mono.just(List.of());
        }
        List<Job> all = List.copyOf(claimed);
        Long[] fences = all.stream().map(Job::fence).toArray(Long[]::new);
        return database.rows(
                        RENEW,
                        statement -> statement
                                .bind("$1", Rows.uuids(all.stream().map(Job::id).toList()))
                                .bind("$2", fences)
                                .bind("$3", lease.toMillis()),
                        row -> Rows.id(row, 0))
                .collect(java.util.stream.Collectors.toSet())
                .publishOn(scheduler)
                .map(held -> {
                    List<JobId> lost = new ArrayList<>();
                    for (Job job : all) {
                        if (held.contains(job.id())) {
                            running.renewed(job.id(), lease);
                        } else {
                            running.lost(job.id());
                            lost.add(job.id());
                        }
                    }
                    return lost;
                });
    }

    private static Throwable unavailable(Throwable error) {
        return error instanceof JournalUnavailableException || Faults.kind(error) == Faults.Kind.MISTAKE
                ? error
                : new JournalUnavailableException(Faults.words(error), error);
    }

    /** For moves that nobody waits for. */
    static Transition transition(Move.Guard guard) {
        return guard == Move.Guard.OVERDUE ? new Transition.MissDeadline() : new Transition.Lose();
    }
}
