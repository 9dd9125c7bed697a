package dev.sluice.journal.postgres;

import dev.sluice.job.JobId;
import dev.sluice.journal.JournalUnavailableException;
import io.r2dbc.spi.Row;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * What a node does once a second beside its work: it shows that it lives, takes in the time, counts what waits, records the
 * leases that ran out, looks for events that no hint told of; and once a minute it clears up after nodes that are gone.
 *
 * <p>Pipeline {@code upkeep}: what fails is tried again a second later. It ends only by {@link #close}.
 */
final class Upkeep {

    private static final Logger log = LoggerFactory.getLogger(Upkeep.class);

    private static final Duration PAUSE = Duration.ofSeconds(1);

    /** While the database is away, so that a node works again soon after it is back. */
    private static final Duration PAUSE_AWAY = Duration.ofMillis(250);

    private static final long WATCHERS_FIRST_NANOS = Duration.ofSeconds(2).toNanos();

    /** A node of an older form would send the requests of others without them. */
    private static final int WITH_CREDENTIALS = 2;

    private static final int CLEARING = 60;

    /** Who was not seen for so long is not counted, and later forgotten. */
    private static final long ALIVE_MILLIS = 10_000;

    private static final long FORGOTTEN_MILLIS = 300_000;

    private static final String LIVE = Sql.of("node-seen", Map.of("alive", ALIVE_MILLIS));

    static final String SETTLE = Sql.of("settle");

    private static final String LEAVE = Sql.of("node-leave");

    private static final String FORGET = Sql.of("node-forget", Map.of("forgotten", FORGOTTEN_MILLIS));

    static final String ORPHANS = Sql.of("orphans");

    private final Database database;
    private final DatabaseClock clock;
    private final Scheduler scheduler;
    private final LiveBacklog backlog;
    private final TimeLimits timeLimits;
    private final Feed feed;
    private final Hints hints;
    private final Intake intake;
    private final PieceSweep sweep;
    private final Running running;
    private final Withdrawals withdrawals;
    private final UUID node;
    private final String name;

    // What follows belongs to the scheduler's thread.
    private Disposable next = Disposables.disposed();
    private volatile boolean stopping;
    private volatile int oldestForm = Migration.FORM;
    private boolean closed;
    private int round;
    private long unsettledSince;

    Upkeep(
            Database database,
            DatabaseClock clock,
            Scheduler scheduler,
            LiveBacklog backlog,
            TimeLimits timeLimits,
            Feed feed,
            Hints hints,
            Intake intake,
            PieceSweep sweep,
            Running running,
            Withdrawals withdrawals,
            UUID node,
            String name) {
        this.database = database;
        this.clock = clock;
        this.scheduler = scheduler;
        this.backlog = backlog;
        this.timeLimits = timeLimits;
        this.feed = feed;
        this.hints = hints;
        this.intake = intake;
        this.sweep = sweep;
        this.running = running;
        this.withdrawals = withdrawals;
        this.node = node;
        this.name = name;
    }

    /** The first round, after which the node may work. */
    Mono<Void> begin() {
        return database.patiently(live().then(backlog.count(database, true)))
                .publishOn(scheduler)
                .doOnSuccess(done -> later());
    }

    /** Whether all nodes know credentials that are not in the request; for any thread. */
    boolean areCredentialsApart() {
        return oldestForm >= WITH_CREDENTIALS;
    }

    /** What the journal refuses from now on, because it closes, is no mistake. For any thread. */
    void stop() {
        stopping = true;
    }

    /** Takes its leave from the other nodes. */
    Mono<Void> close() {
        return Mono.fromRunnable(() -> {
                    closed = true;
                    next.dispose();
                })
                .subscribeOn(scheduler)
                .then(database.update(LEAVE, statement -> statement.bind("$1", node)))
                .then();
    }

    private void later() {
        if (!closed) {
            Duration pause = database.health().up() ? PAUSE : PAUSE_AWAY;
            next = scheduler.schedule(this::run, pause.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void run() {
        Mono<Void> turn = Mono.defer(() -> {
            running.forgetLost();
            return live().then(Mono.defer(() -> database.health().up() ? work() : Mono.empty()));
        });
        part("begin", turn)
                .publishOn(scheduler)
                .subscribe(
                        nothing -> {},
                        error -> {
                            failed("go on", error);
                            later();
                        },
                        this::later);
    }

    private Mono<Void> work() {
        boolean clear = ++round % CLEARING == 0;
        return part("withdraw", Mono.defer(withdrawals::run))
                .then(part("lose", Mono.defer(() -> timeLimits.lose(null))))
                .then(part("miss", Mono.defer(timeLimits::failAllOverdue)))
                .then(part("count", Mono.defer(() -> backlog.count(database, false))))
                .then(part("check", Mono.defer(hints::check)))
                .then(part("look", Mono.defer(feed::look)))
                .then(part("clear", Mono.defer(() -> clear ? clear() : Mono.empty())));
    }

    /** One that fails, because it takes too long, keeps none of the others from its work. */
    private Mono<Void> part(String name, Mono<Void> work) {
        return work.onErrorResume(error -> {
            failed(name, error);
            return Mono.empty();
        });
    }

    /** That the database is away is said elsewhere, once; anything else is a mistake of ours. */
    private void failed(String name, Throwable error) {
        if (!stopping && Faults.kind(error) == Faults.Kind.MISTAKE) {
            log.error("The upkeep of the journal failed to {}", name, error);
        } else {
            log.debug("The upkeep of the journal failed to {}: {}", name, error.getMessage());
        }
    }

    private record Seen(long millis, int oldest, int others, int oldestForm, boolean settled, boolean fresh) {}

    private Mono<Void> live() {
        return Mono.defer(() -> {
            AtomicLong asked = new AtomicLong();
            return database.probe(connection -> {
                        asked.set(System.nanoTime());
                        return Database.rows(
                                        connection,
                                        LIVE,
                                        statement -> statement
                                                .bind("$1", node)
                                                .bind("$2", name)
                                                .bind("$3", Migration.FORM),
                                        Upkeep::seen)
                                .next();
                    })
                    .publishOn(scheduler)
                    .flatMap(seen ->
                            seen.settled() ? Mono.just(seen) : settle(seen).then(Mono.empty()))
                    .doOnNext(seen -> {
                        clock.set(seen.millis(), asked.get(), System.nanoTime());
                        backlog.nodes(1 + seen.others());
                        oldestForm = seen.oldestForm();
                        database.fit(seen.oldest() > Migration.FORM ? Migration.tooOld(seen.oldest()) : null);
                    })
                    .hasElement()
                    .flatMap(known -> known ? Mono.empty() : live());
        });
    }

    /** Lets the journal's time go on by a server's clock; a node that has not watched it lets those go first that have. */
    private Mono<Long> settle(Seen seen) {
        long now = System.nanoTime();
        unsettledSince = unsettledSince == 0 ? now : unsettledSince;
        if (!clock.isSet() && !seen.fresh() && seen.others() > 0 && now - unsettledSince < WATCHERS_FIRST_NANOS) {
            return Mono.error(new JournalUnavailableException("the time of the journal is not settled yet", null));
        }
        unsettledSince = 0;
        return database.probe(connection -> Database.update(
                connection,
                SETTLE,
                statement ->
                        clock.isSet() ? statement.bind("$1", clock.millis()) : statement.bindNull("$1", Long.class)));
    }

    private static Seen seen(Row row) {
        return new Seen(
                Rows.number(row, 0),
                (int) Rows.number(row, 1),
                (int) Rows.number(row, 2),
                (int) Rows.number(row, 3),
                Rows.flag(row, 4),
                Rows.flag(row, 5));
    }

    private record Orphan(JobId job, long part, boolean kept) {}

    /** Forgets nodes that are gone, and removes the bodies that they took in and that belong to no job. */
    Mono<Void> clear() {
        UUID[] requests = Rows.uuids(intake.requests());
        return database.update(FORGET, statement -> statement)
                .thenMany(database.rows(
                        ORPHANS,
                        statement -> statement.bind("$1", node).bind("$2", requests),
                        row -> new Orphan(Rows.id(row, 0), Rows.number(row, 1), Rows.flag(row, 2))))
                .collectList()
                .flatMapMany(Flux::fromIterable)
                .filter(orphan -> orphan.part() > 0 || !intake.isComing(orphan.job())) // begun since it was asked
                .doOnNext(orphan -> {
                    if (orphan.kept()) {
                        intake.kept(orphan.job(), orphan.part());
                    } else {
                        intake.discard(orphan.job(), orphan.part());
                    }
                })
                .then(sweep.check())
                .then(sweep.run());
    }
}
