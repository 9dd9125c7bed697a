package dev.sluice.journal.postgres;

import static dev.sluice.journal.postgres.FaultsRig.LARGE;
import static dev.sluice.journal.postgres.FaultsRig.LIMIT;
import static dev.sluice.journal.postgres.FaultsRig.body;
import static dev.sluice.journal.postgres.FaultsRig.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.journal.Appended;
import dev.sluice.journal.NewJob;
import dev.sluice.journal.StaleClaimException;
import dev.sluice.journal.core.BodyIntake;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/** Pieces of bodies that belong to nobody do not stay, and what was to be kept for a while goes, however large it is. */
@Timeout(60)
class LeftoversTest {

    private static final String ROUTE = "reports";
    private static final Duration TIMEOUT = Duration.ofSeconds(1);

    private static PostgresServer server;
    private static PostgresServer.Database database;
    private static FaultsRig rig;

    @BeforeAll
    static void start() throws Exception {
        server = PostgresServer.shared();
        database = server.newDatabase();
        rig = new FaultsRig(database, 5, TIMEOUT);
    }

    @AfterAll
    static void stop() throws Exception {
        rig.close();
        server.drop(database);
    }

    @AfterEach
    void tidy() {
        rig.execute("drop trigger if exists slow on piece; drop trigger if exists slow on outcome");
        rig.execute("delete from piece; delete from receiving; delete from live; delete from job; delete from outcome");
    }

    private static void assertPieces(int pieces) {
        await().atMost(LIMIT).untilAsserted(() -> {
            assertThat(rig.number("select count(*) from piece")).isEqualTo(pieces);
            assertThat(rig.number("select count(*) from receiving")).isZero();
        });
    }

    private static int pieces(int bytes) {
        return (bytes + BodyIntake.PIECE - 1) / BodyIntake.PIECE;
    }

    /** A body that is the same for all of them. */
    private static CompletableFuture<Appended> keyed(String key, int bytes) {
        return rig.journal
                .append(rig.job(ROUTE, 5, key, null), Flux.just(body(new JobId(0, bytes), bytes)))
                .toFuture();
    }

    @Test
    void ofTwoEqualUploadsAtOnceTheOtherOne() throws Exception {
        try (Connection operator = rig.connect();
                Statement statement = operator.createStatement()) {
            operator.setAutoCommit(false);
            statement.execute(
                    "lock table idempotency in share row exclusive mode"); // in front of which both are decided
            List<CompletableFuture<Appended>> twins = List.of(keyed("twins", LARGE), keyed("twins", LARGE));
            await().atMost(LIMIT)
                    .until(() -> rig.number("select count(*) from pg_locks where not granted") == 2
                            || rig.number("select count(*) from piece") == 2 * pieces(LARGE)
                                    && rig.number("select count(*) from pg_locks where not granted") > 0);
            operator.commit();
            assertThat(twins)
                    .extracting(CompletableFuture::join)
                    .extracting(appended -> (Object) appended.getClass())
                    .containsExactlyInAnyOrder(Appended.Created.class, Appended.Replayed.class);
        }
        assertPieces(pieces(LARGE));
    }

    @Test
    void ofAnotherRequestWithTheSameKey() {
        assertThat(keyed("other", 10).join()).isInstanceOf(Appended.Created.class);
        assertThat(keyed("other", LARGE).join()).isInstanceOf(Appended.KeyReused.class);
        assertPieces(0);
    }

    @Test
    void ofAnAnswerThatCameTooLate() {
        Job running = rig.started(ROUTE);
        get(rig.journal.cancel(running.id()));
        assertThatThrownBy(() -> get(rig.finish(running, LARGE))).isInstanceOf(StaleClaimException.class);
        assertPieces(0);
    }

    @Test
    void ofAnUploadThatWasGivenUp() {
        Sinks.Many<byte[]> sent = Sinks.many().unicast().onBackpressureBuffer();
        NewJob job = rig.job(ROUTE);
        var append = rig.journal.append(job, sent.asFlux()).subscribe();
        assertThat(sent.tryEmitNext(body(job.id(), LARGE))).isEqualTo(Sinks.EmitResult.OK);
        await().atMost(LIMIT).until(() -> rig.number("select count(*) from piece") == LARGE / BodyIntake.PIECE);
        append.dispose();
        assertPieces(0);
    }

    @Test
    void ofAnUploadOfWhichNothingCame() {
        rig.execute("insert into receiving (job, part, node) values (gen_random_uuid(), 0, gen_random_uuid()),"
                + " (gen_random_uuid(), 3, gen_random_uuid())");
        get(rig.journal.clearUp());
        assertPieces(0);
    }

    @Test
    void ofWhichNobodyKnowsWhy() {
        Job kept = get(rig.finish(rig.started(ROUTE), LARGE));
        rig.execute(
                "insert into piece (job, part, n, bytes) select id, part, n, 'x' from (select gen_random_uuid() as id) i,"
                        + " generate_series(0, 1) part, generate_series(0, 9) n");
        rig.execute("insert into piece (job, part, n, bytes) values ('" + Rows.uuid(kept.id()) + "', 77, 0, 'x')");
        get(rig.journal.clearUp());
        assertPieces(pieces(LARGE));
        assertThat(rig.result(kept.id())).isEqualTo(body(kept.id(), LARGE));
    }

    /** Beside a node of the version before, which reads the pieces of an answer under the fence of the outcome. */
    @Test
    void noneThatTheVersionBeforeTakesForNobodys() {
        Job running = rig.started(ROUTE);
        get(rig.journal.receive(running, Flux.just(body(running.id(), LARGE))));
        Job job = get(rig.finish(running, LARGE));
        get(rig.journal.clearUp());
        assertPieces(pieces(LARGE));
        assertThat(rig.number("select count(*) from piece p join outcome o on o.id = p.job and o.fence = p.part"))
                .isEqualTo(pieces(LARGE));
        assertThat(rig.find(job.id()).fence()).isEqualTo(running.fence());
    }

    @Test
    void ofAJobThatIsForgotten() {
        Job job = get(rig.finish(rig.started(ROUTE), LARGE));
        assertThat(get(rig.journal.forget(job.id()))).isTrue();
        assertPieces(0);
    }

    @Test
    void ofAJobThatIsForgottenAlthoughTheConnectionBreaks() {
        assertForgotten(rig.proxy::cutAfter, ErasureSteps.ONE);
    }

    @Test
    void ofAJobThatIsForgottenAlthoughTheConnectionBreaksMeanwhile() {
        assertForgotten(rig.proxy::cutBefore, PieceSweep.SWEEP);
    }

    private static void assertForgotten(Function<String, CompletableFuture<Void>> cuts, String statement) {
        Job job = get(rig.finish(rig.started(ROUTE), LARGE));
        CompletableFuture<Void> cut = cuts.apply(Placeholders.of(statement).wire());
        assertThat(get(rig.journal.forget(job.id()))).isTrue();
        assertThat(cut).isCompleted();
        assertPieces(0);
    }

    /** In one statement they would take longer than a statement may, each time. */
    @Test
    void whatExpiredGoesHoweverMuchItIs() {
        expired(256, 8);
        slowTo("piece", 1); // two seconds for all of it
        slowTo("outcome", 6);
        assertThat(purged()).isEqualTo(256);
        assertPieces(0);
        assertThat(rig.number("select count(*) from job")).isZero();
    }

    @Test
    void aJobWhosePiecesTakeLongGoesInSteps() {
        expired(1, 300);
        slowTo("piece", 10);
        assertThat(purged()).isEqualTo(1);
        assertPieces(0);
    }

    private static void expired(int jobs, int pieces) {
        rig.execute("insert into job (id, ord, route, detail, request) select gen_random_uuid(), n, 'r', '', ''"
                + " from generate_series(1, " + jobs + ") n");
        rig.execute("insert into outcome (id, seq, fence, due_at, finished_at, expires_at, attempt, state, result)"
                + " select id, 3, 1, 0, 0, 1, 1, 's', '' from job");
        rig.execute("insert into piece (job, part, n, bytes) select id, 1, n, '' from job, generate_series(0, "
                + (pieces - 1) + ") n");
    }

    private static void slowTo(String table, int millis) {
        rig.execute("create or replace function slow_" + table + "() returns trigger language plpgsql as"
                + " 'begin perform pg_sleep(" + millis / 1000.0 + "); return old; end'");
        rig.execute("create trigger slow before delete on " + table + " for each row execute function slow_" + table
                + "()");
    }

    /** As the gateway does, now and then, until nothing is left to do. */
    private static long purged() {
        long sum = 0;
        for (int i = 0; i < 20 && rig.number("select count(*) from outcome") > 0; i++) {
            sum += FaultsRig.persist(rig.journal.purge(Instant.ofEpochMilli(1), Duration.ofDays(1)));
        }
        return sum;
    }
}
