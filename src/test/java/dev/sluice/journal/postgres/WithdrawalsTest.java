package dev.sluice.journal.postgres;

import static dev.sluice.journal.postgres.FaultsRig.LARGE;
import static dev.sluice.journal.postgres.FaultsRig.LIMIT;
import static dev.sluice.journal.postgres.FaultsRig.body;
import static dev.sluice.journal.postgres.FaultsRig.created;
import static dev.sluice.journal.postgres.FaultsRig.get;
import static dev.sluice.journal.postgres.FaultsRig.persist;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.FreePorts;
import dev.sluice.job.Job;
import dev.sluice.job.JobState;
import dev.sluice.journal.Appended;
import dev.sluice.journal.Journal;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.Lookup;
import dev.sluice.journal.NewJob;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A node accepts a job, loses the database before it is told, and answers that nothing was accepted; another node goes on. */
@Timeout(60)
class WithdrawalsTest {

    private static final String ROUTE = "reports";
    private static final Duration TIMEOUT = Duration.ofMillis(800);

    private PostgresServer server;
    private PostgresServer.Database database;
    private FaultsRig rig;
    private PostgresJournal other;

    @BeforeEach
    void open() throws Exception {
        server = PostgresServer.shared();
        database = server.newDatabase();
        rig = new FaultsRig(database, 3, TIMEOUT);
        other = FaultsRig.open(database.url(), database, 5, Duration.ofSeconds(5));
    }

    @AfterEach
    void close() throws Exception {
        other.close();
        rig.close();
        server.drop(database);
    }

    /** The job is there, the caller was told that it is not, and the node that told him is away. */
    private void acceptedAndRefused(NewJob job, int bytes) throws Exception {
        try (Connection operator = rig.connect();
                Statement statement = operator.createStatement()) {
            operator.setAutoCommit(false);
            statement.execute("lock table job in share row exclusive mode");
            CompletableFuture<Appended> append = rig.append(job, bytes).toFuture();
            await().atMost(LIMIT).until(() -> rig.number("select count(*) from pg_locks where not granted") > 0);
            rig.proxy.leadTo(FreePorts.next());
            rig.proxy.cut();
            operator.commit();
            assertThatThrownBy(append::join).hasCauseInstanceOf(JournalUnavailableException.class);
        }
        await().atMost(LIMIT).until(() -> rig.number("select count(*) from job") == 1);
    }

    private void back() {
        rig.proxy.leadTo(database.port());
        await().atMost(LIMIT).until(() -> rig.journal.health().up());
        persist(rig.claim("another")); // before which all that must be is withdrawn
    }

    private static NewJob same(FaultsRig rig) {
        return rig.job(ROUTE, 5, "key", null);
    }

    @ParameterizedTest
    @ValueSource(ints = {100, LARGE})
    void aJobThatWasReplayedElsewhereStays(int bytes) throws Exception {
        NewJob job = same(rig);
        acceptedAndRefused(job, bytes);
        Appended replayed = get(other.append(same(rig), Flux.just(body(job.id(), bytes))));
        assertThat(replayed).isInstanceOf(Appended.Replayed.class);

        back();
        assertThat(rig.find(job.id())).extracting(Job::state).isEqualTo(JobState.QUEUED);
        Job running = rig.claimOne(ROUTE);
        assertThat(running.id()).isEqualTo(job.id());
        assertThat(rig.request(job.id())).isEqualTo(body(job.id(), bytes));
        get(rig.finish(running, 10));
        rig.assertHistory(job.id(), "accepted", "started", "succeeded");
        assertThat(get(other.append(same(rig), Flux.just(body(job.id(), bytes)))))
                .isInstanceOf(Appended.Replayed.class);
    }

    @Test
    void aJobThatAnotherNodeMovedStays() throws Exception {
        NewJob job = rig.job(ROUTE);
        acceptedAndRefused(job, 100);
        assertThat(get(other.claim(Map.of(ROUTE, Journal.Demand.of(1)), FaultsRig.LEASE))
                        .jobs())
                .hasSize(1);
        back();
        assertThat(rig.find(job.id())).extracting(Job::state).isEqualTo(JobState.RUNNING);
    }

    @Test
    void aJobThatNobodyRepeatedIsWithdrawnWithItsKeyAndItsPieces() throws Exception {
        NewJob job = same(rig);
        acceptedAndRefused(job, LARGE);
        back();
        assertThat(get(rig.journal.find(job.id())))
                .as("for whoever saw it in a list")
                .isInstanceOf(Lookup.Expired.class);
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(rig.number("select (select count(*) from piece) "
                                + "+ (select count(*) from receiving) + (select count(*) from idempotency)"))
                        .isZero());
        NewJob again = same(rig);
        created(get(other.append(again, Flux.just(body(job.id(), LARGE)))));
    }

    /** Whichever comes first, who was told of the job finds it. */
    @Test
    void aReplayAndAWithdrawalAtOnceAgree() throws Exception {
        NewJob job = same(rig);
        acceptedAndRefused(job, 100);
        try (Connection operator = rig.connect();
                Statement statement = operator.createStatement()) {
            operator.setAutoCommit(false);
            statement.execute("select from idempotency for update"); // both come to wait here
            Mono<Appended> repeated = other.append(same(rig), Flux.just(body(job.id(), 100)));
            CompletableFuture<Appended> told = repeated.toFuture();
            await().atMost(LIMIT).until(() -> rig.number("select count(*) from pg_locks where not granted") > 0);
            rig.proxy.leadTo(database.port());
            await().atMost(LIMIT).until(() -> rig.number("select count(*) from pg_locks where not granted") > 1);
            operator.commit();
            Job answered = told.join() instanceof Appended.Replayed replayed ? replayed.job() : created(told.join());
            back();
            assertThat(rig.find(answered.id())).isNotNull();
            assertThat(rig.claimOne(ROUTE).id()).isEqualTo(answered.id());
        }
    }
}
