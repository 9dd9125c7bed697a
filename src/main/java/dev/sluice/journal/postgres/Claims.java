package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.WorkQueue.Claimed;
import dev.sluice.journal.WorkQueue.Demand;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Row;
import io.r2dbc.spi.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
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
 * and the claim made once more. While {@link Heads} are needed it does not look for leases and deadlines; {@link Upkeep}
 * does, once a second.
 */
final class Claims {

    /** For so long a claim that was not found may still be on its way. */
    private static final long DOUBT_NANOS = Duration.ofSeconds(10).toNanos();

    private static final long ASKED_AGAIN_NANOS = Duration.ofSeconds(1).toNanos();

    private final Database database;
    private final Scheduler scheduler;
    private final Running running;
    private final Requests requests;
    private final LiveBacklog backlog;
    private final Feed feed;
    private final Withdrawals withdrawals;
    private final TimeLimits timeLimits;

    /** Claims whose answer was lost and of which it is not known what became of them. */
    private final Queue<Wanted> unsure = new ConcurrentLinkedQueue<>();

    Claims(
            Database database,
            Scheduler scheduler,
            Running running,
            Requests requests,
            LiveBacklog backlog,
            Feed feed,
            Withdrawals withdrawals,
            TimeLimits timeLimits) {
        this.database = database;
        this.scheduler = scheduler;
        this.running = running;
        this.requests = requests;
        this.backlog = backlog;
        this.feed = feed;
        this.withdrawals = withdrawals;
        this.timeLimits = timeLimits;
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

        Statement bind(Statement statement, boolean anyway, Heads.Begun begun) {
            Long[] from = Arrays.stream(routes).map(begun::from).toArray(Long[]::new);
            return statement
                    .bind("$1", routes)
                    .bind("$2", rooms)
                    .bind("$3", limits)
                    .bind("$4", anyway)
                    .bind("$5", lease)
                    .bind("$6", number)
                    .bind("$7", from)
                    .bind("$8", begun.bounded());
        }
    }

    private record Start(
            @Nullable Job job,
            byte @Nullable [] request,
            @Nullable Instant nextDue,
            boolean inTheWay) {}

    /**
     * What a claim brought.
     *
     * @param begun null if it was adopted
     * @param nanos how long it took
     */
    private record Taken(List<Start> rows, Heads.@Nullable Begun begun, long nanos) {

        boolean inTheWay() {
            return !rows.isEmpty() && rows.get(0).inTheWay();
        }

        Instant nextDue() {
            Instant next = rows.isEmpty() ? null : rows.get(0).nextDue();
            return next == null ? Instant.MAX : next;
        }
    }

    private Mono<Taken> take(Wanted wanted, boolean anyway) {
        Function<Connection, Mono<Taken>> work = connection -> {
            Heads.Begun begun = backlog.heads().begin();
            return Database.rows(
                            connection, ClaimSql.CLAIM, statement -> wanted.bind(statement, anyway, begun), Claims::row)
                    .collectList()
                    .map(rows -> new Taken(rows, begun, System.nanoTime() - begun.nanos()));
        };
        Mono<Taken> taking = wanted.limited.length == 0
                ? database.use(work)
                : database.transaction(connection -> Database.rows(
                                connection,
                                ClaimSql.ONE_AT_A_TIME,
                                statement -> statement.bind("$1", wanted.limited),
                                row -> 1)
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
                                connection,
                                ClaimSql.AWAIT_END,
                                statement -> statement.bind("$1", wanted.number),
                                row -> 1)
                        .thenMany(Database.rows(
                                connection,
                                ClaimSql.ADOPT,
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
                .map(rows -> new Taken(rows, null, 0));
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
        if (taken.begun() != null) {
            backlog.heads().claimed(jobs, taken.begun(), taken.nanos());
        }
        return new Claimed(List.copyOf(jobs), taken.nextDue());
    }

    private Mono<Void> tidy(List<String> routes) {
        String[] some = routes.toArray(String[]::new);
        Mono<Long> promote = database.rows(
                        ClaimSql.PROMOTE,
                        statement -> statement.bind("$1", some),
                        row -> Map.entry(Rows.text(row, 0), Rows.number(row, 1)))
                .collectList()
                .publishOn(scheduler)
                .map(moved -> {
                    moved.forEach(one -> backlog.heads().waits(one.getKey(), one.getValue()));
                    return (long) moved.size();
                });
        return timeLimits
                .lose(routes)
                .then(timeLimits.failAllOverdue())
                .then(promote.expand(moved -> moved < 1000 ? Mono.empty() : promote)
                        .then());
    }

    private static Throwable unavailable(Throwable error) {
        return error instanceof JournalUnavailableException || Faults.kind(error) == Faults.Kind.MISTAKE
                ? error
                : new JournalUnavailableException(Faults.words(error), error);
    }
}
