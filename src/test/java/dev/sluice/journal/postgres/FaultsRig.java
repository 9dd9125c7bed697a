package dev.sluice.journal.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobIds;
import dev.sluice.job.JobResult;
import dev.sluice.journal.Appended;
import dev.sluice.journal.Draft;
import dev.sluice.journal.Ending;
import dev.sluice.journal.Ends;
import dev.sluice.journal.FollowUps;
import dev.sluice.journal.Journal;
import dev.sluice.journal.JournalProperties;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.Lookup;
import dev.sluice.journal.NewJob;
import dev.sluice.journal.TestFollowUps;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/** A journal whose way to the database can be broken, short words for its verbs, and a look into the database beside it. */
final class FaultsRig implements AutoCloseable {

    static final Duration LIMIT = Duration.ofSeconds(20);
    static final Duration LEASE = Duration.ofSeconds(30);

    /** Larger than what lies beside its head, and not a multiple of a piece. */
    static final int LARGE = 200_001;

    private static final int OPENINGS = 5;

    private static final Retry WHILE_AWAY = Retry.backoff(Long.MAX_VALUE, Duration.ofMillis(20))
            .maxBackoff(Duration.ofMillis(100))
            .filter(JournalUnavailableException.class::isInstance);

    final CuttingProxy proxy;
    final TestFollowUps followUps = new TestFollowUps();
    final PostgresJournal journal;
    private volatile PostgresServer.Database database;
    private final JobIds ids = new JobIds(Clock.systemUTC());

    /** Opens a journal that finds its database through a proxy. */
    FaultsRig(PostgresServer.Database database, int connections, Duration timeout) throws IOException {
        this.database = database;
        this.proxy = new CuttingProxy(database.port());
        this.journal = patiently(database.at(proxy.port()).url(), database, connections, timeout);
    }

    /** Opens one that finds it by a URL. */
    FaultsRig(PostgresServer.Database database, String url, int connections, Duration timeout) throws IOException {
        this.database = database;
        this.proxy = new CuttingProxy(database.port());
        this.journal = patiently(url, database, connections, timeout);
    }

    /** From now on what looks past the journal looks there. */
    void looksAt(PostgresServer.Database other) {
        database = other;
    }

    /** With a timeout that is short for the sake of the test, a busy machine may not even connect in time. */
    private PostgresJournal patiently(String url, PostgresServer.Database database, int connections, Duration timeout) {
        for (int left = OPENINGS; ; left--) {
            try {
                return open(url, database, connections, timeout, followUps);
            } catch (JournalUnavailableException e) {
                if (left == 0) {
                    throw e;
                }
            }
        }
    }

    static PostgresJournal open(String url, PostgresServer.Database database, int connections, Duration timeout) {
        return open(url, database, connections, timeout, FollowUps.NONE);
    }

    private static PostgresJournal open(
            String url, PostgresServer.Database database, int connections, Duration timeout, FollowUps followUps) {
        return new PostgresJournal(
                properties(url, database, connections, timeout), "test", followUps, new SimpleMeterRegistry());
    }

    static JournalProperties.Postgres properties(
            String url, PostgresServer.Database database, int connections, Duration timeout) {
        return new JournalProperties.Postgres(
                url, database.username(), database.password(), "sluice", connections, timeout);
    }

    NewJob job(String route) {
        return job(route, 5, null, null);
    }

    NewJob job(String route, int attempts, @Nullable String key, @Nullable Duration deadline) {
        Instant now = journal.clock().instant();
        return new Draft(ids.next(), now)
                .route(route)
                .target("/" + route)
                .headers()
                .attempts(attempts)
                .deadlineIn(deadline)
                .key(key)
                .job();
    }

    Mono<Appended> append(NewJob job) {
        return append(job, 100);
    }

    Mono<Appended> append(NewJob job, int bytes) {
        return journal.append(job, Flux.just(body(job.id(), bytes)));
    }

    /** Appends what must become a new job. */
    Job accept(NewJob job) {
        return created(get(append(job)));
    }

    static Job created(Appended appended) {
        assertThat(appended).isInstanceOf(Appended.Created.class);
        return ((Appended.Created) appended).job();
    }

    /** A body that tells jobs apart. */
    static byte[] body(JobId id, int bytes) {
        byte[] body = new byte[bytes];
        new Random(id.low()).nextBytes(body);
        return body;
    }

    Mono<List<Job>> claim(String route) {
        return claim(route, Integer.MAX_VALUE);
    }

    Mono<List<Job>> claim(String route, int limit) {
        return journal.claim(Map.of(route, new Journal.Demand(10, limit)), LEASE)
                .map(Journal.Claimed::jobs);
    }

    /** Claims what must be the only due job of a route. */
    Job claimOne(String route) {
        List<Job> jobs = persist(claim(route));
        assertThat(jobs).hasSize(1);
        return jobs.get(0);
    }

    Job started(String route) {
        accept(job(route));
        return claimOne(route);
    }

    Mono<Job> finish(Job claimed, int bytes) {
        return Ends.finish(
                journal,
                claimed,
                new Ending(new JobResult(200, Headers.of("Content-Type", "text/plain")), null),
                Flux.just(body(claimed.id(), bytes)));
    }

    static <T> T get(Mono<T> verb) {
        return verb.block(LIMIT);
    }

    static <T> Mono<T> whileAway(Mono<T> verb) {
        return verb.retryWhen(WHILE_AWAY);
    }

    /** As the gateway does with what must be written: once more until the journal has answered. */
    static <T> T persist(Mono<T> verb) {
        return whileAway(verb).block(LIMIT);
    }

    @Nullable
    Job find(JobId id) {
        Lookup found = persist(journal.find(id));
        return found instanceof Lookup.Known known ? known.job() : null;
    }

    List<JobEvent> history(JobId id) {
        return persist(journal.history(id, 0).collectList());
    }

    /** That a job has had these events, with numbers that have no gap. */
    void assertHistory(JobId id, String... names) {
        List<JobEvent> events = history(id);
        assertThat(events).extracting(JobEvent::name).containsExactly(names);
        assertThat(events)
                .extracting(JobEvent::seq)
                .containsExactlyElementsOf(
                        LongStream.rangeClosed(1, names.length).boxed().toList());
        assertThat(find(id)).isNotNull();
        assertThat(find(id).lastSeq()).isEqualTo(names.length);
    }

    byte[] result(JobId id) {
        return gathered(persist(journal.result(id)).body());
    }

    byte[] request(JobId id) {
        return gathered(persist(journal.request(id)).body());
    }

    private static byte[] gathered(Flux<byte[]> body) {
        return get(body.collect(ByteArrayOutputStream::new, ByteArrayOutputStream::writeBytes)
                .map(ByteArrayOutputStream::toByteArray));
    }

    /** Looks past the journal. */
    long number(String sql) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            assertThat(rows.next()).isTrue();
            return rows.getLong(1);
        } catch (SQLException e) {
            throw new AssertionError(sql, e);
        }
    }

    void execute(String sql) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new AssertionError(sql, e);
        }
    }

    /** A connection that finds the journal's tables. */
    Connection connect() throws SQLException {
        Connection connection = database.connect();
        connection.setSchema("sluice");
        return connection;
    }

    @Override
    public void close() {
        journal.close();
        proxy.close();
    }
}
