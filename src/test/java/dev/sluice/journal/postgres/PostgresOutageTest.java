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
import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobResult;
import dev.sluice.job.JobState;
import dev.sluice.job.Output;
import dev.sluice.job.Transition;
import dev.sluice.journal.Appended;
import dev.sluice.journal.Ending;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.NewJob;
import dev.sluice.journal.ReceivedBody;
import dev.sluice.journal.core.BodyIntake;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** The database answers nobody for a while, or refuses: bounded waits, a clear word, and all is well when it is back. */
@Timeout(60)
class PostgresOutageTest {

    private static final String ROUTE = "reports";
    private static final Duration TIMEOUT = Duration.ofMillis(800);

    private PostgresServer server;
    private PostgresServer.Database database;
    private FaultsRig rig;
    private int nowhere;

    @BeforeEach
    void open() throws Exception {
        server = PostgresServer.shared();
        database = server.newDatabase();
        rig = new FaultsRig(database, 3, TIMEOUT);
        nowhere = FreePorts.next();
    }

    @AfterEach
    void close() throws Exception {
        rig.close();
        server.drop(database);
    }

    /**
     * Sends a statement into a lock that the test holds, loses the database while it waits, and lets it go on: it is done,
     * and nobody is told, nor can ask.
     */
    private <T> CompletableFuture<T> doneButUntold(String table, Mono<T> verb) throws Exception {
        try (Connection operator = rig.connect();
                Statement statement = operator.createStatement()) {
            operator.setAutoCommit(false);
            statement.execute("lock table " + table + " in share row exclusive mode");
            CompletableFuture<T> end = verb.toFuture();
            await().atMost(LIMIT)
                    .until(() -> rig.number("select count(*) from pg_locks where not granted and relation = 'sluice."
                                    + table + "'::regclass")
                            > 0);
            away();
            operator.commit();
            return end;
        }
    }

    private void away() {
        rig.proxy.leadTo(nowhere);
        rig.proxy.cut();
    }

    private void back() {
        rig.proxy.leadTo(database.port());
    }

    private static void assertUnavailable(CompletableFuture<?> verb) {
        assertThatThrownBy(() -> verb.orTimeout(10, TimeUnit.SECONDS).join())
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(JournalUnavailableException.class);
    }

    private long jobs() {
        return rig.number("select count(*) from job");
    }

    @ParameterizedTest
    @ValueSource(ints = {100, LARGE})
    void aJobWhoseCallerGotAnErrorDoesNotComeToLifeLater(int bytes) throws Exception {
        NewJob job = rig.job(ROUTE, 5, "key", null);
        CompletableFuture<Appended> append = doneButUntold("job", rig.append(job, bytes));
        await().atMost(LIMIT).until(() -> jobs() == 1);
        assertUnavailable(append);

        back();
        assertThat(persist(rig.claim(ROUTE))).isEmpty();
        assertThat(rig.find(job.id())).isNull();
        assertThat(jobs()).isZero();
        NewJob again = rig.job(ROUTE, 5, "key", null);
        created(persist(rig.append(again, bytes)));
        assertThat(rig.claimOne(ROUTE).id()).isEqualTo(again.id());
        assertThat(rig.request(again.id())).isEqualTo(body(again.id(), bytes));
        assertThat(rig.number("select count(*) from piece where job = '" + Rows.uuid(job.id()) + "'"))
                .isZero();
    }

    @Test
    void aClaimThatNobodyWasToldOfIsHandedOutWhenTheDatabaseIsBack() throws Exception {
        NewJob job = rig.job(ROUTE, 1, null, null);
        rig.accept(job);
        CompletableFuture<List<Job>> claim = doneButUntold("live", rig.claim(ROUTE));
        assertUnavailable(claim);

        back();
        List<Job> found = new ArrayList<>();
        await().atMost(LIMIT) // it may not have been made yet when it is asked for
                .until(() -> found.addAll(persist(rig.claim(ROUTE))));
        assertThat(found).extracting(Job::id).containsExactly(job.id());
        Job running = found.get(0);
        assertThat(persist(rig.claim(ROUTE))).isEmpty();
        get(rig.finish(running, 10));
        rig.assertHistory(job.id(), "accepted", "started", "succeeded");
    }

    @Test
    void outputThatWasRecordedIsNotRecordedAgain() throws Exception {
        Job running = rig.started(ROUTE);
        Transition.Emit piece = new Transition.Emit(Output.text("piece", 0, 0));
        assertUnavailable(doneButUntold("event", rig.journal.move(running, piece)));

        back();
        persist(rig.journal.move(running, piece));
        rig.assertHistory(running.id(), "accepted", "started", "output");
        persist(rig.journal.move(running, piece));
        rig.assertHistory(running.id(), "accepted", "started", "output", "output");
    }

    @Test
    void aResultThatWasRecordedIsWholeWhateverItsCallerWasTold() throws Exception {
        Job running = rig.started(ROUTE);
        assertUnavailable(doneButUntold("outcome", rig.finish(running, LARGE)));

        back();
        Job ended = persist(rig.finish(running, LARGE));
        assertThat(ended.state()).isEqualTo(JobState.SUCCEEDED);
        assertThat(rig.result(running.id())).isEqualTo(body(running.id(), LARGE));
        rig.assertHistory(running.id(), "accepted", "started", "succeeded");
    }

    @Test
    void anAnswerWhosePiecesCannotBeWrittenForLongIsWholeInTheEnd() throws Exception {
        Job running = rig.started(ROUTE);
        CompletableFuture<ReceivedBody> received;
        try (Connection operator = rig.connect();
                Statement statement = operator.createStatement()) {
            operator.setAutoCommit(false);
            statement.execute("lock table piece in share row exclusive mode");
            received = rig.journal
                    .receive(running, Flux.just(body(running.id(), LARGE)))
                    .toFuture();
            Set<Long> tries = new HashSet<>(); // each ends with the time limit of a statement
            await().atMost(LIMIT).until(() -> {
                tries.add(rig.number("select coalesce(max(split_part(virtualtransaction, '/', 2)::bigint), 0)"
                        + " from pg_locks where not granted and relation = 'sluice.piece'::regclass"));
                return tries.size() > 3;
            });
            assertThat(received).isNotDone();
            operator.commit();
        }
        ReceivedBody body = received.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        Ending ending = new Ending(new JobResult(200, Headers.NONE), null);
        assertThat(persist(rig.journal.finish(running, ending, body)).state()).isEqualTo(JobState.SUCCEEDED);
        assertThat(rig.result(running.id())).isEqualTo(body(running.id(), LARGE));
    }

    @Test
    void whileADatabaseSwallowsEverythingWaitsAreBounded() throws Exception {
        Job running = rig.started(ROUTE);
        rig.proxy.hold();
        long begin = System.nanoTime();
        List<CompletableFuture<?>> waiting = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            waiting.add(rig.append(rig.job(ROUTE)).toFuture());
            waiting.add(rig.journal.find(running.id()).toFuture());
        }
        waiting.add(rig.claim(ROUTE).toFuture());
        waiting.add(rig.journal.renew(List.of(running), FaultsRig.LEASE).toFuture());
        waiting.forEach(PostgresOutageTest::assertUnavailable);
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(TIMEOUT.multipliedBy(10));
        assertDown("did not answer in time", "no connection to the database");
        begin = System.nanoTime();
        assertUnavailable(rig.append(rig.job(ROUTE)).toFuture());
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(TIMEOUT);

        rig.proxy.release();
        assertWorksAgain();
        get(rig.finish(running, 10));
    }

    private void assertDown(String... words) {
        await().atMost(LIMIT).until(() -> !rig.journal.health().up());
        assertThat(rig.journal.health().detail()).containsAnyOf(words);
    }

    /** Within some seconds of the database being back, and then for good. */
    private void assertWorksAgain() {
        await().atMost(Duration.ofSeconds(5)).until(() -> rig.journal.health().up());
        NewJob job = rig.job("afterwards");
        created(persist(rig.append(job)));
        Job running = rig.claimOne("afterwards");
        get(rig.finish(running, 10));
        rig.assertHistory(job.id(), "accepted", "started", "succeeded");
    }

    @Test
    void aLockThatSomebodyHoldsEndsInAClearError() throws Exception {
        Job running = rig.started(ROUTE);
        try (Connection operator = rig.connect();
                Statement statement = operator.createStatement()) {
            operator.setAutoCommit(false);
            statement.execute("lock table live, outcome in access exclusive mode");
            List<CompletableFuture<?>> waiting = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                waiting.add(rig.append(rig.job(ROUTE)).toFuture());
                waiting.add(rig.journal.result(running.id()).toFuture());
            }
            waiting.add(rig.finish(running, 10).toFuture());
            waiting.forEach(PostgresOutageTest::assertUnavailable);
            assertThat(waiting.get(0)).isCompletedExceptionally();
            assertThatThrownBy(() -> get(rig.finish(running, 10))).hasMessageContaining("timeout");
            operator.rollback();
        }
        assertWorksAgain();
        persist(rig.finish(running, 10));
        rig.assertHistory(running.id(), "accepted", "started", "succeeded");
        assertThat(jobs()).isEqualTo(2);
    }

    @Test
    void aServerThatTakesNoMoreConnectionsSaysSo() throws Exception {
        server.execute("alter role " + database.username() + " connection limit 0");
        rig.proxy.cut();
        assertDown("takes no more connections");
        assertUnavailable(rig.append(rig.job(ROUTE)).toFuture());
        server.execute("alter role " + database.username() + " connection limit -1");
        assertWorksAgain();
    }

    @Test
    void aServerThatBecameReadOnlyIsLeft() throws Exception {
        Job running = rig.started(ROUTE);
        server.execute("alter database " + database.name() + " set default_transaction_read_only = on");
        rig.proxy.cut();
        assertDown("read only");
        assertUnavailable(rig.append(rig.job(ROUTE)).toFuture());
        assertThat(get(rig.journal.find(running.id())))
                .as("what can be read is read")
                .isNotNull();
        server.execute("alter database " + database.name() + " reset default_transaction_read_only");
        assertWorksAgain(); // on new connections: the old ones would have stayed as they were
        persist(rig.finish(running, 10));
    }

    @Test
    void aJournalThatBecameTooNewRefusesUntilItIsOlder() {
        Job running = rig.started(ROUTE);
        rig.execute("update meta set oldest_node = " + (Migration.FORM + 1));
        assertDown("upgrade this node");
        assertUnavailable(rig.append(rig.job(ROUTE)).toFuture());
        assertUnavailable(rig.claim(ROUTE).toFuture());
        assertUnavailable(rig.finish(running, 10).toFuture());
        assertUnavailable(rig.journal.find(running.id()).toFuture());
        assertUnavailable(rig.journal.history(running.id(), 0).then().toFuture());
        rig.execute("update meta set oldest_node = " + Migration.FORM);
        assertWorksAgain();
        get(rig.finish(running, 10));
    }

    @Test
    void stampsAreTheDatabasesWhateverTimeTheNodeHas() throws Exception {
        rig.execute("create or replace function millis() returns bigint language sql stable parallel safe"
                + " return (extract(epoch from statement_timestamp()) * 1000)::bigint - 3 * 3600000");
        Duration behind = Duration.ofHours(3);
        await().atMost(LIMIT)
                .until(() -> Duration.between(rig.journal.clock().instant(), java.time.Instant.now())
                                .minus(behind)
                                .abs()
                                .compareTo(Duration.ofSeconds(1))
                        < 0);
        Job running = rig.started(ROUTE);
        assertThat(Duration.between(running.spec().acceptedAt(), running.startedAt())
                        .abs())
                .isLessThan(Duration.ofSeconds(2));
        assertThat(get(rig.journal.renew(List.of(running), FaultsRig.LEASE))).isEmpty();
        Job ended = get(rig.finish(running, 10));
        assertThat(Duration.between(running.spec().acceptedAt(), ended.finishedAt()))
                .isLessThan(Duration.ofSeconds(5));
    }

    @Test
    void piecesThatBelongToNothingAreClearedUp() throws Exception {
        Job running = rig.started(ROUTE);
        NewJob job = rig.job(ROUTE);
        Sinks.Many<byte[]> sent = Sinks.many().unicast().onBackpressureBuffer();
        CompletableFuture<Appended> append =
                rig.journal.append(job, sent.asFlux()).toFuture();
        assertThat(sent.tryEmitNext(body(job.id(), LARGE))).isEqualTo(Sinks.EmitResult.OK);
        await().atMost(LIMIT).until(() -> rig.number("select count(*) from piece") == LARGE / BodyIntake.PIECE);
        away();
        assertThat(sent.tryEmitError(new IllegalStateException("the client is gone")))
                .isEqualTo(Sinks.EmitResult.OK);
        assertThatThrownBy(append::join).hasMessageContaining("the client is gone");
        back();
        await().atMost(LIMIT).until(() -> rig.journal.health().up());
        await().atMost(LIMIT).untilAsserted(() -> {
            get(rig.journal.clearUp());
            assertThat(rig.number("select count(*) from piece")).isZero();
            assertThat(rig.number("select count(*) from receiving")).isZero();
        });
        get(rig.finish(running, LARGE));
        get(rig.journal.clearUp());
        assertThat(rig.result(running.id())).isEqualTo(body(running.id(), LARGE));
    }
}
