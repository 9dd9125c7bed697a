package dev.sluice.journal.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.Mount;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** That the server of the tests does what tests of the journal rely on. */
class PostgresServerTest {

    private static final String TABLE = "create table t (n int, filling text)";

    @Test
    void databasesAreApartAndTheirOwnersNothingSpecial() throws Exception {
        PostgresServer server = PostgresServer.shared();
        PostgresServer.Database one = server.newDatabase();
        PostgresServer.Database other = server.newDatabase();
        execute(one, TABLE);
        execute(other, TABLE);
        assertThat(server).isSameAs(PostgresServer.shared());
        assertThatThrownBy(() -> execute(one, "create role somebody")).hasMessageContaining("permission denied");
        server.drop(one);
        server.drop(other);
        assertThatThrownBy(one::connect).isInstanceOf(SQLException.class);
    }

    @Test
    void whatWasCommittedSurvivesACrashAndAMoveToAnotherPort() throws Exception {
        try (PostgresServer server = PostgresServer.start("max_connections=20")) {
            PostgresServer.Database database = server.newDatabase();
            execute(database, TABLE);
            execute(database, "insert into t values (1)");
            try (Connection connection = database.connect()) {
                server.crash();
                assertThat(connection.isValid(5)).isFalse();
            }
            server.startAgain();
            assertThat(read(database, "select n from t")).isEqualTo("1");

            server.stop();
            server.startElsewhere();
            assertThat(server.port()).isNotEqualTo(database.port());
            PostgresServer.Database there = database.at(server.port());
            assertThat(read(there, "show max_connections")).isEqualTo("20");
            assertThat(read(there, "select n from t")).isEqualTo("1");
            assertThat(asTheJournal(database, database.urlOr(server.port()), "select n from t"))
                    .isEqualTo(1);
            assertThat(server.log()).contains("automatic recovery in progress");
        }
    }

    @Test
    void whereTablesFillTheirDiskWritesFailAndTheServerLives() throws Exception {
        try (Mount mount = PostgresServer.disk("24m");
                PostgresServer server = PostgresServer.start()) {
            PostgresServer.Database database = server.newDatabaseOn(mount.path());
            execute(database, TABLE);
            assertThatThrownBy(() -> fill(database))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("No space left on device");
            assertThat(read(database, "select count(*) from t")).isEqualTo("0");
            mount.grow("100m");
            fill(database);
        }
    }

    @Test
    void whereTheLogFillsItsDiskTheServerEndsAndGoesOnWhenThereIsRoom() throws Exception {
        try (Mount mount = PostgresServer.disk("128m");
                PostgresServer server = PostgresServer.startOn(mount.path(), "max_wal_size=1GB")) {
            PostgresServer.Database database = server.newDatabase();
            execute(database, TABLE);
            assertThatThrownBy(() -> {
                        while (true) {
                            fill(database);
                        }
                    })
                    .isInstanceOf(SQLException.class);
            server.awaitEnd();
            mount.grow("512m");
            server.startAgain();
            fill(database);
        }
    }

    /** Adds some 30 MB in one statement. */
    private static void fill(PostgresServer.Database database) throws SQLException {
        execute(
                database,
                "insert into t select n, (select string_agg(md5((n * 100 + k)::text), '') from generate_series(1, 60) k)"
                        + " from generate_series(1, 15000) n");
    }

    private static void execute(PostgresServer.Database database, String sql) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String read(PostgresServer.Database database, String sql) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            assertThat(rows.next()).isTrue();
            return rows.getString(1);
        }
    }

    private static long asTheJournal(PostgresServer.Database database, String url, String sql) throws SQLException {
        Servers servers = new Servers(FaultsRig.properties(url, database, 3, Duration.ofSeconds(20)));
        Session session = servers.open(servers.timeout());
        session.update("set search_path = public");
        Long number = session.first(sql, row -> Rows.number(row, 0));
        session.close();
        assertThat(number).isNotNull();
        return number;
    }
}
