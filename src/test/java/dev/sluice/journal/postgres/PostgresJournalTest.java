package dev.sluice.journal.postgres;

import dev.sluice.Abroad;
import dev.sluice.journal.Backlog;
import dev.sluice.journal.Journal;
import dev.sluice.journal.JournalContractTest;
import dev.sluice.journal.JournalProperties;
import dev.sluice.journal.MutableClock;
import dev.sluice.journal.core.Facts;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * The contract on a real PostgreSQL. The time is the database's, so a test that moves its clock moves that of the database:
 * the one function that says the time is replaced by one that reads a table.
 */
class PostgresJournalTest extends JournalContractTest {

    @RegisterExtension
    static final Abroad ABROAD = new Abroad();

    private static final Duration LIMIT = Duration.ofSeconds(20);

    private static final List<String> TABLES = List.of(
            "job",
            "live",
            "outcome",
            "event",
            "output",
            "output_gone",
            "piece",
            "receiving",
            "idempotency",
            "tombstone",
            "node",
            "job_group",
            "group_event",
            "group_tombstone");

    /** Journals whose nodes were killed. They take their time to see that, which nobody waits for. */
    private static final List<CompletableFuture<Void>> DYING = new ArrayList<>();

    private static PostgresServer server;
    private static PostgresServer.Database database;
    private static Connection operator;
    private static Path test;

    private CuttingProxy proxy;

    @BeforeAll
    static void start() throws IOException, InterruptedException, SQLException {
        server = PostgresServer.shared();
        database = server.newDatabase();
        Migration.run(new Servers(properties(database.port())));
        operator = database.connect();
        execute("set search_path = sluice");
        execute("create table clock (now bigint)");
        execute("insert into clock values (0)");
        execute(
                "create or replace function millis() returns bigint language sql stable return (select now from clock)");
    }

    @AfterAll
    static void stop() throws SQLException {
        DYING.forEach(CompletableFuture::join);
        operator.close();
        server.drop(database);
    }

    @Override
    protected Journal open(Path storage, MutableClock time) throws Exception {
        if (!storage.getParent().equals(test)) {
            test = storage.getParent();
            for (String table : TABLES) {
                execute("delete from " + table); // most are empty, and to truncate one costs more
            }
            set(time.instant());
            time.onMove(PostgresJournalTest::set);
        }
        proxy = new CuttingProxy(database.port());
        return new PostgresJournal(properties(proxy.port()), "test", followUps(), new SimpleMeterRegistry());
    }

    @Override
    public boolean durable() {
        return true;
    }

    @Override
    public Facts facts() {
        return ((PostgresJournal) journal()).facts();
    }

    @Override
    public long pieces() {
        return stored("piece");
    }

    @Override
    public long outputs() {
        return stored("output");
    }

    private long stored(String table) {
        ((PostgresJournal) journal()).clearUp().block(LIMIT);
        try (Statement statement = operator.createStatement();
                ResultSet count = statement.executeQuery("select count(*) from " + table)) {
            count.next();
            return count.getLong(1);
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public long countedAhead() {
        // Earlier tests leave dead rows, and with a slow machine that makes heads needed: then positions are estimated.
        boolean counts = !((SharedBacklog) journal().backlog()).heads().areNeeded();
        return counts ? AppendSql.COUNTED - 20 : 0; // what became due without being claimed is seen by the count only
    }

    @Override
    public Backlog backlog() {
        ((PostgresJournal) journal()).count().block(LIMIT);
        return journal().backlog();
    }

    /** The node loses the database for good, and then its leases; another one notices. */
    @Override
    public Journal killAndReopen() {
        proxy.close();
        DYING.add(CompletableFuture.runAsync(journal()::close));
        Journal other = openAt("one");
        clock().advance(LEASE.plusMillis(1));
        other.claim(Map.of(ROUTE, Journal.Demand.of(0)), LEASE).block(LIMIT);
        return other;
    }

    private static void set(Instant now) {
        execute("update clock set now = " + now.toEpochMilli());
    }

    private static void execute(String sql) {
        try (Statement statement = operator.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new AssertionError(sql, e);
        }
    }

    static JournalProperties.Postgres properties(int port) {
        return new JournalProperties.Postgres(
                database.at(port).url(), database.username(), database.password(), "sluice", 10, Duration.ofSeconds(3));
    }
}
