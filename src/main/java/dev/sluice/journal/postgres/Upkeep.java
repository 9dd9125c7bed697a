package dev.sluice.journal.postgres;

import dev.sluice.journal.core.BodyName;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The periodic tasks of a node. Once a second: heartbeat, clock, count of waiting jobs, events and shared values without
 * a hint, and, while there may be unfinished jobs, expired leases and deadlines. Once a minute: cleanup after dead nodes.
 *
 * <p>Runs on a thread of its own; a failed task is retried a second later. Stops only on {@link #close}.
 */
final class Upkeep {

    private static final Logger log = LoggerFactory.getLogger(Upkeep.class);

    private static final Duration PAUSE = Duration.ofSeconds(1);

    /** The interval while the database is unavailable, so that a node resumes soon after. */
    private static final Duration PAUSE_AWAY = Duration.ofMillis(250);

    private static final int CLEARING = 60;

    private static final long FORGOTTEN_MILLIS = 300_000;

    private static final String FORGET = Sql.of("node-forget", Map.of("forgotten", FORGOTTEN_MILLIS));

    static final String ORPHANS = Sql.of("orphans");

    private final Database database;
    private final Presence presence;
    private final SharedBacklog backlog;
    private final TimeLimits timeLimits;
    private final Feed feed;
    private final GroupFeed groups;
    private final PostgresShared shared;
    private final PostgresPieceStore bodies;
    private final PieceSweep sweep;
    private final Running running;
    private final Withdrawals withdrawals;
    private final UUID node;
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile boolean stopping;
    private int round;

    Upkeep(
            Database database,
            Presence presence,
            SharedBacklog backlog,
            TimeLimits timeLimits,
            Feed feed,
            GroupFeed groups,
            PostgresShared shared,
            PostgresPieceStore bodies,
            PieceSweep sweep,
            Running running,
            Withdrawals withdrawals,
            UUID node) {
        this.database = database;
        this.presence = presence;
        this.backlog = backlog;
        this.timeLimits = timeLimits;
        this.feed = feed;
        this.groups = groups;
        this.shared = shared;
        this.bodies = bodies;
        this.sweep = sweep;
        this.running = running;
        this.withdrawals = withdrawals;
        this.node = node;
    }

    /** Runs the first round, after which the node may work. Blocks. */
    void begin() {
        Backoff backoff = new Backoff(database.timeout());
        while (true) {
            try {
                presence.show();
                backlog.count(database, true);
                shared.look();
                break;
            } catch (RuntimeException e) {
                if (Faults.kind(e) == Faults.Kind.MISTAKE || !backoff.pause()) {
                    throw e;
                }
            }
        }
        Workers.named("sluice-journal-upkeep").newThread(this::run).start();
    }

    /** Errors from now on are due to closing. */
    void stop() {
        stopping = true;
    }

    /** Leaves the other nodes. Blocks. */
    void close() {
        closed.countDown();
        presence.leave();
    }

    private void run() {
        try {
            while (!closed.await((database.health().up() ? PAUSE : PAUSE_AWAY).toMillis(), TimeUnit.MILLISECONDS)) {
                part("begin", presence::show);
                if (database.health().up()) {
                    work();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // nobody but the end of the process does that
        }
    }

    private void work() {
        running.evictLost();
        database.tidy();
        part("withdraw", withdrawals::run);
        if (!backlog.isEmpty()) {
            part("lose", timeLimits::lose);
            part("miss", timeLimits::failAllOverdue);
        }
        part("count", () -> backlog.count(database, false));
        part("look", feed::look);
        part("look at groups", groups::look);
        part("share", shared::look);
        if (++round % CLEARING == 0) {
            part("clear", this::clear);
        }
    }

    /** A failing or slow task does not prevent the others. */
    private void part(String name, Runnable work) {
        if (closed.getCount() == 0) {
            return;
        }
        try {
            work.run();
        } catch (RuntimeException e) {
            failed(name, e);
        }
    }

    /** An unavailable database is logged elsewhere, once; any other error is a bug. */
    private void failed(String name, RuntimeException error) {
        if (!stopping && Faults.kind(error) == Faults.Kind.MISTAKE) {
            log.error("The upkeep of the journal failed to {}", name, error);
        } else {
            log.debug("The upkeep of the journal failed to {}: {}", name, error.getMessage());
        }
    }

    private record Orphan(BodyName body, boolean belongs) {}

    /** Removes dead nodes, and bodies that they received and that belong to no job. Blocks. */
    void clear() {
        List<BodyName> incoming = bodies.incoming();
        database.update(FORGET);
        List<Orphan> orphans = database.rows(
                ORPHANS,
                row -> new Orphan(new BodyName(Rows.id(row, 0), Rows.number(row, 1)), Rows.flag(row, 2)),
                node,
                Rows.uuids(incoming.stream().map(BodyName::job).toList()),
                incoming.stream().map(BodyName::part).toArray(Long[]::new));
        for (Orphan orphan : orphans) {
            boolean begunSince = bodies.isComing(orphan.body());
            if (orphan.belongs() && !begunSince) {
                bodies.belongs(orphan.body());
            } else if (!begunSince) {
                bodies.discard(orphan.body());
            }
        }
        sweep.check();
        sweep.run();
    }
}
