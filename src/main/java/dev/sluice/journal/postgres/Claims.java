package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.journal.WorkQueue.Claimed;
import dev.sluice.journal.WorkQueue.Demand;
import dev.sluice.journal.core.ClaimedRequests;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Claims due jobs of many routes in one statement, after recording expired leases and deadlines. Locked rows are
 * skipped, so that nodes that claim concurrently do not wait for each other. Only claims of a route with a limit of
 * the cluster wait for each other, because each counts the running jobs of the route.
 *
 * <p>The statement first checks for obstacles, and starts nothing if there are any: delayed jobs that have become due
 * and must take their turn, expired leases, passed deadlines. These are rare; they are handled and the claim is
 * repeated. So are jobs that were set aside because their callers were held, and no longer are. Leases are checked only when {@link Expiry} says that one may have expired. While {@link Heads} are needed
 * neither leases nor deadlines are checked; {@link Upkeep} does so once a second.
 */
final class Claims {

    private static final int PROMOTED_AT_ONCE = 1_000;

    private final Database database;
    private final Running running;
    private final ClaimedRequests requests;
    private final SharedBacklog backlog;
    private final Feed feed;
    private final GroupFeed groups;
    private final Withdrawals withdrawals;
    private final TimeLimits timeLimits;
    private final Expiry expiry;
    private final Turns turns = new Turns();
    private final HeldCallers held = new HeldCallers();
    private final MixedRoutes mixed = new MixedRoutes();

    private final ClaimsInDoubt<Start> unsure;

    Claims(
            Database database,
            Running running,
            ClaimedRequests requests,
            SharedBacklog backlog,
            Feed feed,
            GroupFeed groups,
            Withdrawals withdrawals,
            TimeLimits timeLimits,
            Expiry expiry) {
        this.database = database;
        this.running = running;
        this.requests = requests;
        this.backlog = backlog;
        this.feed = feed;
        this.groups = groups;
        this.withdrawals = withdrawals;
        this.timeLimits = timeLimits;
        this.expiry = expiry;
        this.unsure = new ClaimsInDoubt<>(database, ClaimSql.ADOPT, Claims::row);
    }

    /** Jobs of an earlier claim whose response was lost are returned first, and alone. */
    Claimed claim(Map<String, Demand> demand, Duration lease) {
        Taken taken = found();
        if (taken != null) {
            return started(taken, lease);
        }
        WantedClaim wanted = new WantedClaim(demand, lease, held);
        BooleanSupplier looks = () -> held.looks(demand, backlog.heads().areNeeded());
        taken = take(wanted, false, looks);
        boolean more = false;
        if (taken.inTheWay()) {
            more = tidy(wanted, taken.look());
            taken = take(wanted, true, looks);
        }
        Claimed claimed = started(taken, lease);
        return new Claimed(claimed.jobs(), claimed.nextDueAt(), left(wanted, taken) || more);
    }

    /** Adopts jobs claimed but not handed out, so that they can be released. */
    void takeOver(Duration lease) {
        Taken taken = found();
        if (taken != null) {
            started(taken, lease);
        }
    }

    private record Start(
            @Nullable Job job,
            ClaimedRequests.@Nullable Columns request,
            @Nullable Instant nextDue,
            boolean inTheWay,
            Expiry.@Nullable Look look,
            List<String> left) {}

    /**
     * The rows of a claim.
     *
     * @param sent null if the claim was adopted
     * @param nanos the time that the statement took
     */
    private record Taken(List<Start> rows, WantedClaim.@Nullable Sent sent, long nanos) {

        /** No claim: jobs were given up before there was a connection, and must be withdrawn first. */
        static final Taken PUT_OFF = new Taken(List.of(), null, -1);

        boolean isPutOff() {
            return nanos < 0;
        }

        boolean inTheWay() {
            return !rows.isEmpty() && rows.get(0).inTheWay();
        }

        /** Returns the check for expired leases; null if the claim made none. */
        Expiry.@Nullable Look look() {
            return rows.isEmpty() ? null : rows.get(0).look();
        }

        /** Returns the routes whose jobs differ although they were taken for alike. */
        List<String> different() {
            return sent == null || sent.inTurns() ? List.of() : left();
        }

        /** Returns the last column. */
        List<String> left() {
            return rows.isEmpty() ? List.of() : rows.get(0).left();
        }

        Instant nextDue() {
            Instant next = rows.isEmpty() ? null : rows.get(0).nextDue();
            return next == null ? Instant.MAX : next;
        }
    }

    /** Claims; once more if that found jobs that differ, of which it starts none. */
    private Taken take(WantedClaim wanted, boolean anyway, BooleanSupplier looks) {
        Taken taken = takeOnce(wanted, anyway, looks);
        List<String> different = taken.different();
        if (!different.isEmpty()) {
            mixed.found(different);
            taken = takeOnce(wanted, anyway, looks);
        }
        if (taken.look() != null) {
            expiry.looked(taken.look());
        }
        return taken;
    }

    private Taken takeOnce(WantedClaim wanted, boolean anyway, BooleanSupplier looks) {
        Taken taken;
        do {
            if (withdrawals.areUrgent()) {
                withdrawals.run();
            }
            taken = takeUnlessUrgent(wanted, anyway, looks);
        } while (taken.isPutOff());
        return taken;
    }

    private Taken takeUnlessUrgent(WantedClaim wanted, boolean anyway, BooleanSupplier looks) {
        Database.Work<Taken> work = session -> {
            if (withdrawals.areUrgent()) {
                return Taken.PUT_OFF;
            }
            WantedClaim.Sent sent = wanted.statement(anyway, backlog.heads(), turns, mixed, looks, expiry.nextLook());
            List<Start> rows = session.rows(sent.sql(), Claims::row, sent.parameters());
            return new Taken(rows, sent, System.nanoTime() - sent.begun().nanos());
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
            List<Start> adopted = unsure.lost(wanted.doubtful);
            if (adopted == null) {
                throw e;
            }
            return new Taken(adopted, null, 0);
        }
    }

    /** Returns the jobs of the first claim in doubt that was executed; null if there is none. */
    private @Nullable Taken found() {
        List<Start> rows = unsure.found();
        return rows == null ? null : new Taken(rows, null, 0);
    }

    private static Start row(ResultSet row) throws SQLException {
        boolean none = Rows.isNull(row, 0);
        int after = Rows.WIDTH;
        return new Start(
                none ? null : Rows.job(row),
                none ? null : new ClaimedRequests.Columns(Rows.bytes(row, after + 4), Rows.optional(row, after + 5)),
                Rows.instant(row, after),
                Rows.flag(row, after + 1),
                Rows.isNull(row, after + 3) ? null : Expiry.Look.of(row, after + 2),
                Rows.texts(row, after + 6));
    }

    /**
     * Records how far the claim has come among the turns of the routes of which it started less than there was room for;
     * returns whether another claim may start more.
     */
    private boolean left(WantedClaim wanted, Taken taken) {
        List<Start> rows = taken.rows();
        Map<String, Long> left =
                new HashMap<>(taken.sent() == null ? Map.of() : taken.sent().cut());
        left.keySet()
                .removeIf(route -> rows.stream()
                                .filter(row ->
                                        row.job() != null && row.job().route().equals(route))
                                .count()
                        >= wanted.room(route));
        for (String one : taken.left()) {
            int end = one.indexOf(' ');
            left.put(one.substring(end + 1), Long.valueOf(one.substring(0, end)));
        }
        for (String route : wanted.routes) {
            held.claimed(route, left.containsKey(route));
        }
        left.forEach(turns::passed);
        mixed.found(left.keySet());
        return !left.isEmpty();
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
        groups.recorded(jobs);
        if (taken.sent() != null) {
            backlog.heads().claimed(jobs, taken.sent().begun(), taken.nanos());
            mixed.claimed(jobs);
        }
        return new Claimed(List.copyOf(turns.inTurns(jobs)), taken.nextDue());
    }

    /** Returns whether there may be more jobs to bring back. */
    private boolean tidy(WantedClaim wanted, Expiry.@Nullable Look look) {
        if (look != null && look.foundLost()) {
            timeLimits.lose();
        }
        timeLimits.failAllOverdue();
        int moved;
        do {
            moved = moved(ClaimSql.PROMOTE, (Object) wanted.routes);
        } while (moved >= PROMOTED_AT_ONCE);
        boolean more = moved(ClaimSql.BRING_BACK, wanted.released()) >= ClaimSql.BROUGHT_BACK;
        if (more) {
            held.looksAgain();
        }
        return more;
    }

    private int moved(String sql, Object... parameters) {
        List<Map.Entry<QueueLane, Long>> moved = database.read(
                sql,
                row -> Map.entry(new QueueLane(Rows.text(row, 0), Rows.number(row, 1)), Rows.number(row, 2)),
                parameters);
        moved.forEach(one -> backlog.heads().waits(one.getKey(), one.getValue()));
        return moved.size();
    }
}
