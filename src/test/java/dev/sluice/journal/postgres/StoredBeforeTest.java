package dev.sluice.journal.postgres;

import static dev.sluice.journal.postgres.FaultsRig.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.job.Failure;
import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobRequest;
import dev.sluice.job.JobState;
import dev.sluice.job.Problem;
import dev.sluice.job.Progress;
import dev.sluice.journal.Appended;
import dev.sluice.journal.IdempotencyKey;
import dev.sluice.journal.JobFilter;
import dev.sluice.journal.Lookup;
import dev.sluice.journal.NewJob;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.core.io.ClassPathResource;
import reactor.core.publisher.Flux;

/**
 * What the version of form 1 stored is found, goes on and comes to its end: {@code stored-before.sql} is what that version
 * made of jobs of all kinds, on tables of V1, and was stopped in the middle of.
 */
@Timeout(60)
class StoredBeforeTest {

    private static final Failure FAILURE =
            new Failure(Problem.BACKEND_TIMEOUT, "The backend did not answer within 60 s.");

    private PostgresServer server;
    private PostgresServer.Database database;
    private FaultsRig rig;

    @BeforeEach
    void restore() throws Exception {
        server = PostgresServer.shared();
        database = server.newDatabase();
        Flyway.configure()
                .dataSource(database.jdbcUrl(), database.username(), database.password())
                .schemas("sluice")
                .locations("classpath:dev/sluice/journal/postgres/migration")
                .target("1")
                .load()
                .migrate();
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            connection.setSchema("sluice");
            statement.execute(new ClassPathResource("dev/sluice/journal/postgres/stored-before.sql")
                    .getContentAsString(StandardCharsets.UTF_8));
        }
        rig = new FaultsRig(database, 5, Duration.ofSeconds(5));
    }

    @AfterEach
    void close() throws Exception {
        rig.close();
        server.drop(database);
    }

    private static JobId id(int n) {
        return new JobId(1_744_000_000_000L << 16, n);
    }

    private static byte[] body(int n, int size) {
        byte[] body = new byte[size];
        for (int i = 0; i < size; i++) {
            body[i] = (byte) ('a' + (i + n) % 26);
        }
        return body;
    }

    private void assertRequest(int n, String route, int size) {
        var request = get(rig.journal.request(id(n)));
        assertThat(request.head().target()).isEqualTo("/" + route + "?n=" + n);
        assertThat(request.head().headers())
                .isEqualTo(Headers.of("Content-Type", "text/plain", "Authorization", "Bearer " + n));
        assertThat(rig.request(id(n))).isEqualTo(body(n, size));
    }

    @Test
    void whatWaitsIsWorkedOff() {
        assertRequest(2, "waiting", 33_000);
        assertThat(get(rig.claim("waiting"))).extracting(Job::id).containsExactly(id(1), id(2), id(3));
        assertThat(get(rig.claim("soon"))).extracting(Job::id).containsExactly(id(4));
        assertThat(get(rig.claim("late"))).isEmpty();
        assertThat(rig.find(id(5)).dueAt()).isAfter(Instant.now().plus(Duration.ofDays(300)));
        assertThat(rig.find(id(3)).spec().deadline()).isNotNull();
        for (int n : new int[] {1, 2, 3, 4}) {
            int size = n == 2 ? 33_000 : 100;
            assertRequest(n, n == 4 ? "soon" : "waiting", size);
            get(rig.finish(rig.find(id(n)), 10));
            rig.assertHistory(id(n), "accepted", "started", "succeeded");
        }
    }

    @Test
    void whatRanIsTriedAgain() {
        Job again = rig.claimOne("again");
        assertThat(again.attempt()).isEqualTo(2);
        get(rig.finish(again, 10));
        rig.assertHistory(id(7), "accepted", "started", "requeued", "started", "succeeded");

        await().atMost(FaultsRig.LIMIT).until(() -> rig.find(id(6)).state() == JobState.QUEUED); // its lease is over
        Job running = rig.claimOne("running");
        assertThat(running.attempt()).isEqualTo(2);
        assertRequest(6, "running", 100);
        get(rig.finish(running, 10));
        rig.assertHistory(id(6), "accepted", "started", "progress", "output", "requeued", "started", "succeeded");

        await().atMost(FaultsRig.LIMIT).until(() -> rig.find(id(14)).state() == JobState.FAILED); // it had one try
        rig.assertHistory(id(14), "accepted", "started", "failed");
    }

    @Test
    void whatIsFinishedIsFound() {
        assertThat(rig.result(id(8))).isEqualTo(body(8, 100));
        assertThat(rig.result(id(9))).isEqualTo(body(9, 33_000));
        assertThat(rig.result(id(10))).isEqualTo(body(10, 100));
        assertThat(rig.find(id(10)).failure()).isEqualTo(FAILURE);
        assertThat(rig.find(id(11)).failure()).isEqualTo(FAILURE);
        assertRequest(10, "done", 33_000);
        rig.assertHistory(id(9), "accepted", "started", "succeeded");
        rig.assertHistory(id(11), "accepted", "started", "failed");
        rig.assertHistory(id(12), "accepted", "cancelled");
        assertThat(get(rig.journal.find(id(13)))).isInstanceOf(Lookup.Expired.class);
        assertThat(get(rig.journal.list(new JobFilter("done", null, null, null), 10, null))
                        .jobs())
                .extracting(Job::id)
                .isEqualTo(List.of(id(12), id(11), id(10), id(9), id(8)));
        assertThat(get(rig.journal.forget(id(9)))).isTrue();
        get(rig.journal.clearUp());
        assertThat(rig.number("select count(*) from piece")).isEqualTo(2);
    }

    @Test
    void theSecretIsTheSame() {
        assertThat(rig.number("select count(*) from meta join fact on name = 'secret' and value = secret"))
                .isEqualTo(1);
        assertThat(rig.number("select count(*) from meta where secret = '\\x"
                        + HexFormat.of().formatHex(rig.journal.secret()) + "'"))
                .isEqualTo(1);
    }

    @Test
    void aKeyStillHolds() {
        NewJob fresh = rig.job("waiting", 5, "key", null);
        JobRequest request = new JobRequest(
                "POST",
                "/waiting?n=2",
                Headers.of("Content-Type", "text/plain", "Authorization", "Bearer 2"),
                fresh.request().origin());
        NewJob same = new NewJob(
                fresh.id(),
                "waiting",
                fresh.spec(),
                fresh.dueAt(),
                request,
                Headers.NONE,
                IdempotencyKey.of("waiting", "", "key"));
        assertThat(get(rig.journal.append(same, Flux.just(body(2, 33_000)))))
                .isInstanceOfSatisfying(
                        Appended.Replayed.class,
                        replayed -> assertThat(replayed.job().id()).isEqualTo(id(2)));
        assertThat(rig.find(id(6)).progress()).isEqualTo(new Progress(50.0, "half"));
    }
}
