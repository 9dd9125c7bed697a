package dev.sluice.journal.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobIds;
import dev.sluice.job.JobResult;
import dev.sluice.job.JobState;
import dev.sluice.job.Transition;
import dev.sluice.journal.Appended;
import dev.sluice.journal.Draft;
import dev.sluice.journal.Ending;
import dev.sluice.journal.Ends;
import dev.sluice.journal.FollowUps;
import dev.sluice.journal.Interest;
import dev.sluice.journal.Journal;
import dev.sluice.journal.JournalProperties;
import dev.sluice.journal.Lookup;
import dev.sluice.journal.NewJob;
import dev.sluice.journal.StaleClaimException;
import dev.sluice.journal.TailOverflowException;
import dev.sluice.journal.WorkQueue.Demand;
import dev.sluice.journal.core.BodyIntake;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

/** Two nodes on one database, each as a journal of its own. */
@Timeout(60)
class NodesTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final Duration LEASE = Duration.ofSeconds(30);
    private static final Ending OK = new Ending(new JobResult(200, Headers.NONE), null);

    private final JobIds ids = new JobIds(Clock.systemUTC());
    private PostgresServer server;
    private PostgresServer.Database database;
    private CuttingProxy toSecond;
    private PostgresJournal first;
    private PostgresJournal second;

    @BeforeEach
    void start() throws IOException, InterruptedException, SQLException {
        server = PostgresServer.shared();
        database = server.newDatabase();
        toSecond = new CuttingProxy(database.port());
        first = open(database.port());
        second = open(toSecond.port());
        await().atMost(LIMIT).until(() -> first.backlog().nodes() == 2);
    }

    @AfterEach
    void stop() throws SQLException {
        first.close();
        second.close();
        toSecond.close();
        server.drop(database);
    }

    @Test
    void unfinishedJobsOfAClientAreCountedOnAllNodes() {
        for (PostgresJournal node : List.of(first, second)) {
            Draft draft = new Draft(ids.next(), Instant.now()).route("r").client(5);
            node.append(draft.job(), draft.body()).block(LIMIT);
            assertThat(node.backlog().unfinished("r", 5)).isPositive();
        }
        await().atMost(LIMIT)
                .until(() -> first.backlog().unfinished("r", 5) == 2
                        && second.backlog().unfinished("r", 5) == 2);
    }

    @Test
    void aFollowerHearsOfEveryEventOfAnotherNodeInOrder() {
        Job job = accept(first, "r");
        Followed followed = new Followed(job.id(), 1);
        List<Long> heard = listen(second, followed);
        work(first, job);
        await().atMost(LIMIT).untilAsserted(() -> assertThat(heard).containsExactly(2L, 3L, 4L, 5L));
    }

    @Test
    void whoDoesNotFollowHearsOnlyOfWhatItsOwnNodeRecorded() {
        Job job = accept(first, "r");
        List<Long> following = listen(second, new Followed(job.id(), 1));
        List<Long> here = new CopyOnWriteArrayList<>();
        second.tail(new Interest() {
                    @Override
                    public boolean wants(JobEvent event) {
                        return event.job().equals(job.id());
                    }

                    @Override
                    public boolean follows(JobId id) {
                        return false;
                    }

                    @Override
                    public Map<JobId, Long> followed() {
                        return Map.of();
                    }
                })
                .subscribe(event -> here.add(event.seq()));
        claim(first, "r", 1);
        await().atMost(LIMIT).untilAsserted(() -> assertThat(following).containsExactly(2L));
        get(second.cancel(job.id()));
        await().atMost(LIMIT).untilAsserted(() -> assertThat(here).containsExactly(3L));
        await().atMost(LIMIT).untilAsserted(() -> assertThat(following).containsExactly(2L, 3L));
    }

    @Test
    void whatNoHintToldOfIsFoundAllTheSame() throws SQLException {
        Job job = accept(first, "r");
        List<Long> heard = listen(second, new Followed(job.id(), 1));
        try (Connection operator = server.connect();
                Statement statement = operator.createStatement()) {
            // What the connections for notifications last said was to listen.
            statement.execute("select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen%'"
                    + " or query = 'select 1'");
        }
        work(first, job);
        await().atMost(LIMIT).untilAsserted(() -> assertThat(heard).containsExactly(2L, 3L, 4L, 5L));
    }

    @Test
    void whoFollowsAJobThatIsErasedBeforeItWasToldOfItsEndHasToLookBack() {
        Job job = accept(first, "r");
        toSecond.hold(); // so that it comes to read after the job is gone
        Mono<Void> cut = second.tail(new Followed(job.id(), 1)).then().cache();
        cut.subscribe(nothing -> {}, error -> {});
        get(first.cancel(job.id()));
        assertThat(get(first.forget(job.id()))).isTrue();
        toSecond.release();
        StepVerifier.create(cut).expectError(TailOverflowException.class).verify(LIMIT);
    }

    @Test
    void aJobRunsOnOneNodeAndIsSeenOnTheOther() {
        Job job = accept(first, "r");
        Job running = claim(second, "r", 1).get(0);
        assertThat(running.id()).isEqualTo(job.id());
        assertThat(claim(first, "r", 1)).isEmpty();
        assertThat(found(first, job.id())).isEqualTo(running);
        get(Ends.finish(second, running, OK, Flux.just(new byte[] {1, 2, 3})));
        assertThat(found(first, job.id()).state()).isEqualTo(JobState.SUCCEEDED);
        assertThat(get(get(first.result(job.id())).body().next())).containsExactly(1, 2, 3);
    }

    @Test
    void aNodeWhoseJobsAnotherOneCancelledCanFinishNothing() {
        Job job = accept(first, "r");
        Job running = claim(second, "r", 1).get(0);
        get(first.cancel(job.id()));
        assertThatThrownBy(() -> get(Ends.finish(second, running, OK, Flux.empty())))
                .isInstanceOf(StaleClaimException.class);
        assertThat(get(second.renew(List.of(running), LEASE))).containsExactly(job.id());
        assertThat(found(second, job.id()).state()).isEqualTo(JobState.CANCELLED);
    }

    /** Who finishes a job would take it for lost, and not count its end. */
    @Test
    void aJobThatIsFinishedWhileItsLeaseIsRenewedIsNotCalledLost() {
        for (int round = 0; round < 100; round++) {
            Job job = accept(first, "r");
            Job running = claim(first, "r", 1).get(0);
            Mono<List<JobId>> lost = first.renew(List.of(running), LEASE).cache();
            lost.subscribe();
            Job done = get(Ends.finish(first, running, OK, Flux.empty()));
            assertThat(get(lost)).isEmpty();
            assertThat(done.id()).isEqualTo(job.id());
            assertThat(get(first.renew(List.of(running), LEASE))).containsExactly(job.id());
        }
    }

    @Test
    void aNodeThatLeavesGivesBackWhatItHoldsAtOnce() {
        Job job = accept(first, "r");
        claim(second, "r", 1);
        second.close();
        Job again = claim(first, "r", 1).get(0);
        assertThat(again.id()).isEqualTo(job.id());
        assertThat(again.attempt()).isEqualTo(2);
        await().atMost(LIMIT).until(() -> first.backlog().nodes() == 1);
    }

    @Test
    void aLimitOfTheClusterHoldsForTwoNodesThatClaimAtOnce() {
        Set<JobId> accepted = new HashSet<>();
        for (int i = 0; i < 60; i++) {
            accepted.add(accept(first, "limited").id());
        }
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        Set<JobId> done = ConcurrentHashMap.newKeySet();
        Mono<Void> both = Flux.just(first, second, first, second)
                .flatMap(node -> Mono.defer(() -> node.claim(Map.of("limited", new Demand(4, 5)), LEASE))
                        .flatMapIterable(Journal.Claimed::jobs)
                        .doOnNext(job -> most.accumulateAndGet(running.incrementAndGet(), Math::max))
                        .flatMap(job -> Mono.defer(() -> {
                            running.decrementAndGet(); // before the record, which another node may follow at once
                            done.add(job.id());
                            return Ends.finish(node, job, OK, Flux.empty());
                        }))
                        .then()
                        .repeat(() -> done.size() < accepted.size())
                        .subscribeOn(Schedulers.parallel()))
                .then();
        get(both);
        assertThat(done).isEqualTo(accepted);
        assertThat(most.get()).isBetween(1, 5);
    }

    @Test
    void eachNodeCountsWhatTheOtherAccepted() {
        for (int i = 0; i < 7; i++) {
            accept(first, "r");
        }
        claim(first, "r", 2);
        await().atMost(LIMIT).untilAsserted(() -> {
            assertThat(second.backlog().of("r").depth()).isEqualTo(5);
            assertThat(second.backlog().of("r").running()).isEqualTo(2);
            assertThat(second.backlog().waiting()).isEqualTo(5);
            assertThat(second.backlog().routes()).containsExactly("r");
        });
    }

    @Test
    void whatOneNodeHasNoRoomForIsOfferedToTheOther() {
        List<String> offered = new CopyOnWriteArrayList<>();
        second.offers().subscribe(offered::add);
        List<String> toItself = new CopyOnWriteArrayList<>();
        first.offers().subscribe(toItself::add);
        await().atMost(LIMIT).until(() -> {
            first.offer("r"); // a hint may come before the other one listens
            return offered.contains("r");
        });
        assertThat(toItself).isEmpty();
    }

    @Test
    void sharedValuesOfOneNodeAreSeenOnTheOther() {
        List<Map<String, byte[]>> seen = new CopyOnWriteArrayList<>();
        second.sharedValues().subscribe(seen::add);
        get(first.putShared("hold/r", new byte[] {1}));
        get(first.putShared("hold/r/5", new byte[] {2}));
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(seen.get(seen.size() - 1))
                        .containsOnly(Map.entry("hold/r", new byte[] {1}), Map.entry("hold/r/5", new byte[] {2})));
        get(second.removeShared(List.of("hold/r", "hold/r/5")));
        assertThat(get(second.sharedValues().next())).isEmpty();
        await().atMost(LIMIT).until(() -> get(first.sharedValues().next()).isEmpty());
    }

    /** Each node sees the same value last, whichever wrote it. */
    @Test
    void nodesThatWriteOneSharedValueAtOnceAgreeOnIt() {
        get(Flux.range(0, 100)
                .flatMap(i -> (i % 2 == 0 ? first : second).putShared("breaker/r", new byte[] {i.byteValue()}), 8)
                .then());
        await().atMost(LIMIT)
                .untilAsserted(
                        () -> assertThat(get(second.sharedValues().next()).get("breaker/r"))
                                .isEqualTo(get(first.sharedValues().next()).get("breaker/r")));
    }

    @Test
    void sharedValuesThatNoHintToldOfAreSeenAllTheSame() throws SQLException {
        sql("insert into sluice.fact values ('shared/pause/r', 'x'), ('shared', 'of another node')");
        await().atMost(LIMIT).until(() -> get(second.sharedValues().next()).containsKey("pause/r"));
    }

    @Test
    void bodiesThatANodeTookInWhichIsGoneAreRemoved() throws SQLException {
        Flux<byte[]> endless = Flux.concat(Flux.just(new byte[BodyIntake.PIECE]), Flux.never());
        second.append(job("r"), endless).subscribe(appended -> {}, error -> {});
        await().atMost(LIMIT).until(() -> count("select count(*) from sluice.piece") == 1);
        get(first.clearUp());
        assertThat(count("select count(*) from sluice.piece")).isEqualTo(1);

        toSecond.close(); // the node never comes back
        sql("update sluice.node set seen_at = 0 where id in (select node from sluice.receiving)");
        await().atMost(LIMIT).until(() -> {
            get(first.clearUp());
            return count("select count(*) from sluice.piece") == 0;
        });
        assertThat(count("select count(*) from sluice.receiving")).isZero();
    }

    @Test
    void aBodyWhosePiecesWereRemovedMeanwhileMakesNoJob() throws SQLException {
        Flux<byte[]> body = Flux.range(0, 3)
                .map(i -> new byte[BodyIntake.PIECE])
                .concatWith(Mono.defer(() -> {
                    sql("delete from sluice.piece; delete from sluice.receiving");
                    return Mono.empty();
                }));
        NewJob job = job("r");
        assertThatThrownBy(() -> get(first.append(job, body.publishOn(Schedulers.boundedElastic()))))
                .isInstanceOf(dev.sluice.journal.JournalUnavailableException.class);
        assertThat(first.find(job.id()).block(LIMIT)).isNull();
    }

    @Test
    void aPieceThatIsWrittenWhileItsBodyIsGivenUpGoesWithIt() throws SQLException {
        NewJob job = job("r");
        Disposable append = comesIn(job);
        try (Connection other = database.connect();
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("set search_path to sluice");
            assertThat(isWritten(statement, job)).isTrue();
            append.dispose();
            await().atMost(LIMIT).until(() -> count("select count(*) from pg_locks where not granted") > 0);
            other.commit();
            await().atMost(LIMIT).until(() -> count("select count(*) from sluice.receiving") == 0);
            assertThat(count("select count(*) from sluice.piece")).isZero();
            assertThat(isWritten(statement, job)).as("written later").isFalse();
        }
    }

    @Test
    void aBodyThatIsGivenUpWhileItsJobIsAcceptedIsThatJobs() throws SQLException {
        NewJob job = job("r");
        Disposable append = comesIn(job);
        try (Connection other = database.connect();
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            assertThat(statement.executeUpdate("delete from sluice.receiving")).isEqualTo(1); // as accepting it does:
            statement.execute("insert into sluice.job (id, ord, route, detail, request) values ('" + Rows.uuid(job.id())
                    + "', 0, 'r', '', '')");
            append.dispose();
            await().atMost(LIMIT).until(() -> count("select count(*) from pg_locks where not granted") > 0);
            other.commit();
        }
        await().atMost(LIMIT).until(() -> count("select count(*) from pg_locks where not granted") == 0);
        get(first.clearUp());
        assertThat(count("select count(*) from sluice.piece")).isEqualTo(1);
    }

    /** One piece of it. */
    private Disposable comesIn(NewJob job) {
        Flux<byte[]> endless = Flux.concat(Flux.just(new byte[BodyIntake.PIECE]), Flux.never());
        Disposable append = first.append(job, endless).subscribe(appended -> {}, error -> {});
        await().atMost(LIMIT).until(() -> count("select count(*) from sluice.piece") == 1);
        return append;
    }

    /** Its second piece. */
    private static boolean isWritten(Statement statement, NewJob job) throws SQLException {
        String write = PostgresPieceStore.WRITE
                .replace("$1", "'" + Rows.uuid(job.id()) + "'::uuid")
                .replace("$2", "0")
                .replace("$3", "1")
                .replace("$4", "'x'::bytea");
        try (ResultSet row = statement.executeQuery(write)) {
            return row.next() && row.getBoolean(1);
        }
    }

    @Test
    void theSecretIsTheSameOnEveryNode() {
        assertThat(first.secret()).hasSizeGreaterThanOrEqualTo(32).isEqualTo(second.secret());
    }

    /** Someone who follows one job and knows it up to a number. */
    private static final class Followed implements Interest {
        private final JobId id;
        private volatile long known;

        Followed(JobId id, long known) {
            this.id = id;
            this.known = known;
        }

        @Override
        public boolean wants(JobEvent event) {
            return event.job().equals(id);
        }

        @Override
        public boolean follows(JobId other) {
            return other.equals(id);
        }

        @Override
        public Map<JobId, Long> followed() {
            return Map.of(id, known);
        }
    }

    private static List<Long> listen(Journal node, Followed followed) {
        List<Long> heard = new CopyOnWriteArrayList<>();
        node.tail(followed).filter(event -> event.seq() > followed.known).subscribe(event -> {
            heard.add(event.seq());
            followed.known = event.seq();
        });
        return heard;
    }

    /** Started, reported twice, succeeded: events 2 to 5. */
    private static void work(Journal node, Job job) {
        Job running = claim(node, job.route(), 1).get(0);
        for (double percent : new double[] {10, 20}) {
            get(node.report(job.id(), new Transition.Report(new dev.sluice.job.Progress(percent, null), null)));
        }
        get(Ends.finish(node, running, OK, Flux.empty()));
    }

    private Job accept(Journal node, String route) {
        return ((Appended.Created) get(node.append(job(route), Flux.just(new byte[] {42})))).job();
    }

    private NewJob job(String route) {
        JobId id = ids.next();
        Instant now = Instant.ofEpochMilli(id.millis());
        return new Draft(id, now).route(route).job();
    }

    private static List<Job> claim(Journal node, String route, int room) {
        return new ArrayList<>(
                get(node.claim(Map.of(route, Demand.of(room)), LEASE)).jobs());
    }

    private static Job found(Journal node, JobId id) {
        return ((Lookup.Known) get(node.find(id))).job();
    }

    private static <T> T get(Mono<T> verb) {
        return verb.block(LIMIT);
    }

    private long count(String sql) throws SQLException {
        try (Connection operator = database.connect();
                Statement statement = operator.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    private void sql(String sql) {
        try (Connection operator = database.connect();
                Statement statement = operator.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new AssertionError(sql, e);
        }
    }

    private static PostgresJournal open(int port, PostgresServer.Database database) {
        return new PostgresJournal(
                new JournalProperties.Postgres(
                        database.at(port).url(),
                        database.username(),
                        database.password(),
                        "sluice",
                        10,
                        Duration.ofSeconds(5)),
                "test",
                FollowUps.NONE,
                new SimpleMeterRegistry());
    }

    private PostgresJournal open(int port) {
        return open(port, database);
    }
}
