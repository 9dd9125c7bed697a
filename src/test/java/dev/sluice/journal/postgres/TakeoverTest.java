package dev.sluice.journal.postgres;

import static dev.sluice.journal.postgres.FaultsRig.LEASE;
import static dev.sluice.journal.postgres.FaultsRig.LIMIT;
import static dev.sluice.journal.postgres.FaultsRig.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import dev.sluice.job.Job;
import dev.sluice.journal.Journal;
import dev.sluice.journal.NewJob;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Another server takes over whose clock differs: the time of the journal goes on as if nothing had happened. */
@Timeout(60)
class TakeoverTest {

    private static final String ROUTE = "reports";

    private PostgresServer server;
    private PostgresServer.Database database;
    private FaultsRig rig;
    private int takeovers;

    @BeforeEach
    void open() throws Exception {
        server = PostgresServer.shared();
        database = server.newDatabase();
        rig = new FaultsRig(database, 5, Duration.ofSeconds(5));
    }

    @AfterEach
    void close() throws Exception {
        rig.close();
        server.drop(database);
    }

    /** As what a server says of itself and of the time that has taken over. */
    private void takeOver(Duration off) {
        rig.execute("create or replace function server_millis() returns bigint language sql stable parallel safe"
                + " return (extract(epoch from statement_timestamp()) * 1000)::bigint + " + off.toMillis()
                + "; create or replace function server() returns timestamptz language sql stable parallel safe"
                + " return pg_postmaster_start_time() + interval '" + ++takeovers + " days'");
    }

    private void awaitSettled() {
        await().atMost(LIMIT).until(() -> rig.number("select count(*) from meta where server = server()") == 1);
    }

    private long millis() {
        return rig.number("select millis()");
    }

    private static void assertGoesOn(Instant before, long nanos, Instant now) {
        Instant expected = before.plusNanos(System.nanoTime() - nanos);
        assertThat(now).isCloseTo(expected, within(1, ChronoUnit.SECONDS));
    }

    @Test
    void leasesDoNotRunOutWhenItsClockIsAhead() {
        Job running = rig.started(ROUTE);
        Instant before = rig.journal.clock().instant();
        long nanos = System.nanoTime();
        takeOver(Duration.ofSeconds(60));
        assertThat(millis()).as("until a node has seen it").isLessThan(before.toEpochMilli() + 5_000);
        awaitSettled();
        assertGoesOn(before, nanos, Instant.ofEpochMilli(millis()));
        assertGoesOn(before, nanos, rig.journal.clock().instant());
        assertThat(get(rig.journal.renew(List.of(running), LEASE))).isEmpty();
        get(rig.finish(running, 10));
        rig.assertHistory(running.id(), "accepted", "started", "succeeded");
    }

    @Test
    void jobsKeepTheirTurnWhenItsClockIsBehind() {
        Job waiting = rig.accept(rig.job(ROUTE));
        Job delayed = rig.accept(due(rig.job("later"), Duration.ofSeconds(1)));
        takeOver(Duration.ofHours(-1));
        Job next = rig.accept(rig.job(ROUTE));
        awaitSettled();
        Job last = rig.accept(rig.job(ROUTE));
        assertThat(get(rig.claim(ROUTE))).extracting(Job::id).containsExactly(waiting.id(), next.id(), last.id());
        await().atMost(LIMIT).until(() -> !get(rig.claim("later")).isEmpty());
        assertThat(Duration.between(
                        delayed.spec().acceptedAt(), rig.journal.clock().instant()))
                .isLessThan(Duration.ofSeconds(20));
    }

    private static NewJob due(NewJob job, Duration delay) {
        return new NewJob(
                job.id(),
                job.route(),
                job.spec(),
                job.spec().acceptedAt().plus(delay),
                job.request(),
                job.credentials(),
                job.key());
    }

    @Test
    void nothingIsErasedThatIsToBeKept() {
        Job done = get(rig.finish(rig.started(ROUTE), 10));
        takeOver(Duration.ofDays(2));
        assertThat(get(rig.journal.purge(rig.journal.clock().instant(), Duration.ofDays(1))))
                .isZero();
        awaitSettled();
        assertThat(get(rig.journal.purge(rig.journal.clock().instant(), Duration.ofDays(1))))
                .isZero();
        takeOver(Duration.ZERO);
        awaitSettled();
        assertThat(rig.find(done.id())).isNotNull();
    }

    @Test
    void aNodeThatJoinsThenTakesTheWordOfOneThatHasWatched() {
        takeOver(Duration.ofHours(1));
        try (PostgresJournal other = FaultsRig.open(database.url(), database, 3, Duration.ofSeconds(5))) {
            assertThat(other.clock().instant()).isCloseTo(rig.journal.clock().instant(), within(1, ChronoUnit.SECONDS));
            assertThat(get(other.claim(Map.of(ROUTE, Journal.Demand.of(1)), LEASE))
                            .jobs())
                    .isEmpty();
        }
    }

    @Test
    void whatAClockIsOffIsMadeUpForByATenth() {
        rig.journal.close();
        for (int sign : new int[] {1, -1}) {
            rig.execute("update meta set ahead = " + sign * 60_000 + ", since = server_millis() - 300000");
            assertThat(rig.number("select millis() - server_millis()")).isCloseTo(sign * 30_000L, within(100L));
            rig.execute("update meta set since = server_millis() - 700000");
            assertThat(rig.number("select millis() - server_millis()")).isZero();
        }
    }
}
