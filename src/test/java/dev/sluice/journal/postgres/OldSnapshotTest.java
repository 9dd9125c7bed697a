package dev.sluice.journal.postgres;

import static dev.sluice.journal.postgres.FaultsRig.LEASE;
import static dev.sluice.journal.postgres.FaultsRig.LIMIT;
import static dev.sluice.journal.postgres.FaultsRig.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.Transition;
import dev.sluice.journal.Appended;
import dev.sluice.journal.Journal;
import dev.sluice.journal.Lookup;
import dev.sluice.journal.NewJob;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A transaction of somebody else that stays open, as that of a backup does, keeps the rows of jobs that are long done and
 * their index entries. Two nodes go on beside it.
 */
@Timeout(60)
class OldSnapshotTest {

    private static final String ROUTE = "reports";
    private static final String LIMITED = "limited";
    private static final int DEAD = 60_000;
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private static PostgresServer.Database database;
    private static FaultsRig first;
    private static FaultsRig second;

    /** Kept open from test to test, and so is what it keeps. */
    private static @Nullable Connection snapshot;

    @BeforeAll
    static void open() throws Exception {
        database = PostgresServer.shared().newDatabase();
        first = new FaultsRig(database, 5, TIMEOUT);
        second = new FaultsRig(database, 5, TIMEOUT);
    }

    @AfterAll
    static void close() throws Exception {
        if (snapshot != null) {
            snapshot.close();
        }
        first.close();
        second.close();
        PostgresServer.shared().drop(database);
    }

    @BeforeEach
    void keepDeadRows() throws SQLException {
        if (snapshot == null) {
            snapshot = first.connect();
            snapshot.setAutoCommit(false);
            snapshot.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            try (Statement look = snapshot.createStatement()) {
                look.executeQuery("select from live");
            }
            leaveDeadRows();
        }
        for (FaultsRig node : List.of(first, second)) {
            await().atMost(LIMIT).until(() -> {
                node.journal.count().block(LIMIT);
                node.accept(node.job(ROUTE));
                claim(node, LEASE);
                return heads(node).areNeeded();
            });
        }
    }

    /** What a test leaves must not be found by the next. */
    @AfterEach
    void endAll() throws SQLException {
        try (Connection connection = first.connect();
                Statement statement = connection.createStatement();
                ResultSet left = statement.executeQuery("select id from live")) {
            while (left.next()) {
                get(first.journal.cancel(Rows.id(left, 0)));
            }
        }
    }

    /** As jobs of the last minutes leave them; this session also says at once that they are there. */
    private static void leaveDeadRows() throws SQLException {
        try (Connection connection = first.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("insert into live (id, rank, ord, due_at, seq, fence, attempt, urgency, state, route)"
                    + " select gen_random_uuid(), millis() - 300000 + n, n, 0, 1, 0, 0, 3, 'q', '" + ROUTE
                    + "' from generate_series(1, " + DEAD + ") n");
            statement.execute("insert into live (id, rank, ord, due_at, seq, fence, attempt, urgency, state, route,"
                    + " started_at, lease_until) select gen_random_uuid(), millis() - 300000, n, 0, 2, 1, 1, 3, 'r', '"
                    + LIMITED + "', millis() - 290000, millis() - 260000 from generate_series(1, " + DEAD + ") n");
            statement.execute("delete from live");
            statement.execute("select pg_stat_force_next_flush()");
            statement.execute("select 1");
        }
    }

    private static Heads heads(FaultsRig node) {
        return ((SharedBacklog) node.journal.backlog()).heads();
    }

    private static List<Job> claim(FaultsRig node, Duration lease) {
        return get(node.journal.claim(Map.of(ROUTE, Journal.Demand.of(1)), lease))
                .jobs();
    }

    private static Job awaitClaim(FaultsRig node) {
        List<Job> claimed = new ArrayList<>();
        await().atMost(LIMIT).until(() -> claimed.addAll(claim(node, LEASE)));
        return claimed.get(0);
    }

    private static NewJob changed(NewJob job, int urgency, Instant dueAt) {
        return new NewJob(
                job.id(),
                job.route(),
                job.spec().toBuilder().urgency(urgency).build(),
                dueAt,
                job.request(),
                job.credentials(),
                job.key());
    }

    private static NewJob urgent(NewJob job, int urgency) {
        return changed(job, urgency, job.dueAt());
    }

    private long walked() {
        return first.number(
                "select sum(idx_tup_read) from pg_stat_user_indexes where indexrelname in ('live_fresh', 'live_retried')");
    }

    /** Index entries of running jobs that one claim reads for a limit of the cluster. */
    private static long counted(FaultsRig node) throws SQLException {
        try (Connection connection = node.connect()) {
            return new Session(connection).transaction(session -> {
                session.rows(
                        ClaimSql.CLAIM_IN_TURNS,
                        row -> 1,
                        new String[] {LIMITED},
                        new Integer[] {1},
                        new Integer[] {3}, // so many run: it starts nothing
                        true,
                        LEASE.toMillis(),
                        7L,
                        new Long[] {0L},
                        true,
                        Long.MAX_VALUE,
                        new Integer[] {Integer.MAX_VALUE},
                        new String[0],
                        new Long[0],
                        new String[] {LIMITED},
                        false,
                        new Integer[] {0},
                        new Long[] {0L},
                        new Long[] {0L},
                        new String[0],
                        new Long[0],
                        new Integer[0],
                        new Integer[] {Integer.MAX_VALUE});
                return session.rows(
                                "select pg_stat_get_xact_tuples_returned(indexrelid) from pg_stat_user_indexes"
                                        + " where indexrelname = 'live_running'",
                                row -> Rows.number(row, 0))
                        .get(0);
            });
        }
    }

    @Test
    void neitherClaimsNorPositionsWalkOverThem() {
        Duration told = Duration.ofMillis(1500); // a server process tells of what it has read within a second
        acceptAndClaim(told);
        long before = walked();
        int claims = acceptAndClaim(told.multipliedBy(2));
        assertThat(walked() - before).as("index entries in %d claims", claims).isBetween(1L, claims * (DEAD / 30L));
    }

    private int acceptAndClaim(Duration time) {
        int claims = 0;
        for (long end = System.nanoTime() + time.toNanos(); System.nanoTime() < end; claims++) {
            Job job = first.accept(first.job(ROUTE));
            first.find(job.id());
            assertThat(claim(first, LEASE)).extracting(Job::id).containsExactly(job.id());
        }
        return claims;
    }

    /** Their leases have ended. A running job is counted, also after its lease was renewed. */
    @Test
    void theCountOfALimitOfTheClusterDoesNotWalkOverThem() throws SQLException {
        List<Job> running = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            first.accept(first.job(LIMITED));
        }
        for (int i = 0; i < 3; i++) {
            running.addAll(get((i == 1 ? second : first)
                            .journal.claim(Map.of(LIMITED, new Journal.Demand(1, 3)), LEASE))
                    .jobs());
        }
        assertThat(running).hasSize(3);
        assertThat(get(first.claim(LIMITED, 3))).isEmpty();
        assertThat(counted(first)).isBetween(3L, 100L);
        for (int minutes = 1; minutes <= 4; minutes++) {
            assertThat(get(first.journal.renew(running, Duration.ofMinutes(minutes))))
                    .isEmpty();
            assertThat(get(second.claim(LIMITED, 3))).isEmpty();
        }
        assertThat(counted(first)).isBetween(3L, 100L);
        first.finish(running.get(0), 10).block(LIMIT);
        assertThat(get(second.claim(LIMITED, 3))).hasSize(1);
    }

    @Test
    void theOrderIsTheSame() {
        Job one = first.accept(first.job(ROUTE));
        Job two = first.accept(first.job(ROUTE));
        Appended last = get(first.append(first.job(ROUTE)));
        assertThat(((Appended.Created) last).position()).isEqualTo(3);
        assertThat(((Lookup.Known) get(first.journal.find(two.id()))).position())
                .isEqualTo(2);
        Job urgent = first.accept(urgent(first.job(ROUTE), 1));
        List<Job> claimed = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            claimed.addAll(claim(first, LEASE));
        }
        assertThat(claimed)
                .extracting(Job::id)
                .containsExactly(
                        urgent.id(), one.id(), two.id(), FaultsRig.created(last).id());
    }

    @Test
    void whatAnotherNodePutsInFrontIsFound() {
        first.accept(first.job(ROUTE));
        claim(first, LEASE);
        Job urgent = second.accept(urgent(second.job(ROUTE), 0));
        assertThat(awaitClaim(first).id()).isEqualTo(urgent.id());
    }

    @Test
    void turnsAreServedThoughAnotherNodePutsThemThere() {
        for (int i = 0; i < 6; i++) {
            first.accept(ofTurn(first.job(ROUTE), 7));
        }
        claim(first, LEASE);
        Job other = second.accept(ofTurn(second.job(ROUTE), -7));
        Job late = first.accept(ofTurn(first.job(ROUTE), 9));
        List<JobId> claimed = new ArrayList<>();
        await().atMost(LIMIT).until(() -> {
            claim(first, LEASE).forEach(job -> claimed.add(job.id()));
            return claimed.size() == 7;
        });
        assertThat(claimed).doesNotHaveDuplicates().contains(other.id());
        assertThat(claimed.subList(0, 3)).contains(late.id());
    }

    private static NewJob ofTurn(NewJob job, long turn) {
        return new NewJob(
                job.id(),
                job.route(),
                job.spec().toBuilder().turn(turn).build(),
                job.dueAt(),
                job.request(),
                job.credentials(),
                job.key());
    }

    @Test
    void whatComesBackIsFound() {
        Job early = first.accept(first.job(ROUTE));
        Job given = claim(first, LEASE).get(0);
        assertThat(given.id()).isEqualTo(early.id());
        first.accept(first.job(ROUTE));
        claim(first, LEASE);
        get(first.journal.record(
                given,
                new Transition.Requeue(
                        RequeueReason.RETRY, first.journal.clock().instant(), null)));
        assertThat(awaitClaim(second).id()).isEqualTo(early.id());
        assertThat(second.find(early.id()).attempt()).isEqualTo(2);
    }

    @Test
    void whatANodeLostIsFound() {
        Job lost = second.accept(second.job(ROUTE));
        assertThat(claim(second, Duration.ofMillis(300))).hasSize(1);
        first.accept(first.job(ROUTE));
        claim(first, LEASE);
        assertThat(awaitClaim(first).id()).isEqualTo(lost.id());
    }

    @Test
    void whatBecomesDueIsStarted() {
        NewJob now = first.job(ROUTE);
        Job delayed = first.accept(changed(now, 3, now.spec().acceptedAt().plusMillis(700)));
        first.accept(first.job(ROUTE));
        assertThat(claim(first, LEASE)).extracting(Job::id).doesNotContain(delayed.id());
        assertThat(awaitClaim(first).id()).isEqualTo(delayed.id());
    }

    @Test
    void afterwardsClaimsBeginAtTheBeginningAgain() throws SQLException {
        snapshot.close();
        snapshot = null;
        first.execute("vacuum live");
        await().atMost(LIMIT)
                .until(() -> !heads(first).areNeeded() && !heads(second).areNeeded());
        Job job = second.accept(second.job(ROUTE));
        assertThat(claim(first, LEASE)).extracting(Job::id).containsExactly(job.id());
        assertThat(first.find(job.id()).state()).isEqualTo(JobState.RUNNING);
    }
}
