package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.WorkQueue.Claimed;
import dev.sluice.journal.WorkQueue.Demand;
import java.sql.ResultSet;
import java.sql.SQLException;
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
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Claims due jobs of many routes in one statement, after recording expired leases and deadlines. Locked rows are
 * skipped, so that nodes that claim concurrently do not wait for each other. Only claims of a route with a limit of
 * the cluster wait for each other, because each counts the running jobs of the route.
 *
 * <p>The statement first checks for obstacles, and starts nothing if there are any: delayed jobs that have become due
 * and must take their turn, expired leases, passed deadlines. These are rare; they are handled and the claim is
 * repeated. Leases are checked only when {@link Expiry} says that one may have expired. While {@link Heads} are needed
 * neither leases nor deadlines are checked; {@link Upkeep} does so once a second.
 */
final class Claims {

    /** How long a claim that was not found may still be executed. */
    private static final long DOUBT_NANOS = Duration.ofSeconds(10).toNanos();

    private static final Logger log = LoggerFactory.getLogger(Claims.class);

    private static final long NEVER = Long.MAX_VALUE;

    private static final int PROMOTED_AT_ONCE = 1_000;

    private static final long ASKED_AGAIN_NANOS = Duration.ofSeconds(1).toNanos();

    private final Database database;
    private final Running running;
    private final ClaimedRequests requests;
    private final SharedBacklog backlog;
    private final Feed feed;
    private final Withdrawals withdrawals;
    private final TimeLimits timeLimits;
    private final Expiry expiry;

    /** Claims in doubt, whose response was lost. */
    private final Queue<Wanted> unsure = new ConcurrentLinkedQueue<>();

    Claims(
            Database database,
            Running running,
            ClaimedRequests requests,
            SharedBacklog backlog,
            Feed feed,
            Withdrawals withdrawals,
            TimeLimits timeLimits,
            Expiry expiry) {
        this.database = database;
        this.running = running;
        this.requests = requests;
        this.backlog = backlog;
        this.feed = feed;
        this.withdrawals = withdrawals;
        this.timeLimits = timeLimits;
        this.expiry = expiry;
    }

    /** Jobs of an earlier claim whose response was lost are returned first, and alone. */
    Claimed claim(Map<String, Demand> demand, Duration lease) {
        if (withdrawals.areUrgent()) {
            withdrawals.run();
        }
        Taken taken = found();
        if (taken == null) {
            Wanted wanted = new Wanted(demand, lease);
            taken = take(wanted, false);
            if (taken.look() != null) {
                expiry.looked(taken.look());
            }
            if (taken.inTheWay()) {
                tidy(wanted.routes, taken.look());
                taken = take(wanted, true);
            }
        }
        return started(taken, lease);
    }

    /** Adopts jobs claimed but not handed out, so that they can be released. */
    void takeOver(Duration lease) {
        Taken taken = found();
        if (taken != null) {
            started(taken, lease);
        }
    }

    /** A claim, and the number by which its jobs are found if it is in doubt. */
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

        Object[] parameters(boolean anyway, Heads.Begun begun, long nextLook) {
            Long[] from = Arrays.stream(routes).map(begun::from).toArray(Long[]::new);
            boolean bounded = begun.bounded();
            long look = anyway || bounded ? NEVER : nextLook;
            return new Object[] {routes, rooms, limits, anyway, lease, number, from, bounded, look};
        }
    }

    private record Start(
            @Nullable Job job,
            ClaimedRequests.@Nullable Columns request,
            @Nullable Instant nextDue,
            boolean inTheWay,
            Expiry.@Nullable Look look) {}

    /**
     * The rows of a claim.
     *
     * @param begun null if the claim was adopted
     * @param nanos the time that the statement took
     */
    private record Taken(List<Start> rows, Heads.@Nullable Begun begun, long nanos) {

        boolean inTheWay() {
            return !rows.isEmpty() && rows.get(0).inTheWay();
        }

        /** Returns the check for expired leases; null if the claim made none. */
        Expiry.@Nullable Look look() {
            return rows.isEmpty() ? null : rows.get(0).look();
        }

        Instant nextDue() {
            Instant next = rows.isEmpty() ? null : rows.get(0).nextDue();
            return next == null ? Instant.MAX : next;
        }
    }

    private Taken take(Wanted wanted, boolean anyway) {
        Database.Work<Taken> work = session -> {
            Heads.Begun begun = backlog.heads().begin();
            Object[] parameters = wanted.parameters(anyway, begun, expiry.nextLook());
            List<Start> rows = session.rows(ClaimSql.CLAIM, Claims::row, parameters);
            return new Taken(rows, begun, System.nanoTime() - begun.nanos());
        };
        try {
            return wanted.limited.length == 0
                    ? database.use(work)
                    : database.transaction(session -> {
                        session.rows(ClaimSql.ONE_AT_A_TIME, row -> 1, (Object) wanted.limited);
                        return work.with(session);
                    });
        } catch (DatabaseException e) {
            if (Faults.kind(e) != Faults.Kind.UNKNOWN) {
                throw e;
            }
            wanted.lostAt = System.nanoTime();
            wanted.askAt = wanted.lostAt;
            unsure.add(wanted);
            Taken adopted = adoptNow(wanted);
            if (adopted == null) {
                throw e;
            }
            return adopted;
        }
    }

    /** As {@link #adopt} if the database is available; otherwise left to the next claim. */
    private @Nullable Taken adoptNow(Wanted wanted) {
        try {
            return adopt(wanted);
        } catch (DatabaseException | JournalUnavailableException e) {
            log.debug("What became of a claim is not known yet: {}", e.getMessage());
            return null;
        }
    }

    /** Returns the jobs of the first claim in doubt that was executed; null if there is none. */
    private @Nullable Taken found() {
        long now = System.nanoTime();
        for (Wanted wanted : unsure) {
            Taken taken = now - wanted.askAt >= 0 ? adopt(wanted) : null;
            if (taken != null) {
                return taken; // others are adopted by the next claim
            }
        }
        return null;
    }

    /** Returns the jobs of a claim in doubt; null if it was not executed, or not yet. */
    private @Nullable Taken adopt(Wanted wanted) {
        if (!wanted.asking.compareAndSet(false, true)) {
            return null;
        }
        try {
            return unsure.contains(wanted) ? ask(wanted) : null;
        } finally {
            wanted.asking.set(false);
        }
    }

    private @Nullable Taken ask(Wanted wanted) {
        List<Start> rows = database.use(session -> {
            session.rows(ClaimSql.AWAIT_END, row -> 1, wanted.number);
            return session.rows(ClaimSql.ADOPT, Claims::row, wanted.routes, wanted.number, wanted.lease);
        });
        long now = System.nanoTime();
        wanted.askAt = now + ASKED_AGAIN_NANOS;
        if (!rows.isEmpty() || now - wanted.lostAt > DOUBT_NANOS) {
            unsure.remove(wanted);
        }
        return rows.isEmpty() ? null : new Taken(rows, null, 0);
    }

    private static Start row(ResultSet row) throws SQLException {
        boolean none = Rows.isNull(row, 0);
        int after = Rows.WIDTH;
        return new Start(
                none ? null : Rows.job(row),
                none ? null : new ClaimedRequests.Columns(Rows.bytes(row, after + 4), Rows.optional(row, after + 5)),
                Rows.instant(row, after),
                Rows.flag(row, after + 1),
                Rows.isNull(row, after + 3) ? null : Expiry.Look.of(row, after + 2));
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
                Instant at = job.startedAt() == null ? job.spec().acceptedAt() : job.startedAt();
                feed.recorded(new JobEvent.Started(job.id(), job.route(), job.lastSeq(), at, job.attempt()));
            }
        }
        if (taken.begun() != null) {
            backlog.heads().claimed(jobs, taken.begun(), taken.nanos());
        }
        return new Claimed(List.copyOf(jobs), taken.nextDue());
    }

    private void tidy(String[] routes, Expiry.@Nullable Look look) {
        if (look != null && look.foundLost()) {
            timeLimits.lose();
        }
        timeLimits.failAllOverdue();
        List<Map.Entry<String, Long>> moved;
        do {
            moved = database.read(
                    ClaimSql.PROMOTE, row -> Map.entry(Rows.text(row, 0), Rows.number(row, 1)), (Object) routes);
            moved.forEach(one -> backlog.heads().waits(one.getKey(), one.getValue()));
        } while (moved.size() >= PROMOTED_AT_ONCE);
    }
}
