package dev.sluice.journal.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.FreePorts;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class CuttingProxyTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);

    private PostgresServer server;
    private PostgresServer.Database database;
    private CuttingProxy proxy;

    @BeforeEach
    void open() throws Exception {
        server = PostgresServer.shared();
        database = server.newDatabase();
        proxy = new CuttingProxy(server.port());
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("create table t (n int)");
        }
    }

    @AfterEach
    void close() throws Exception {
        proxy.close();
        server.drop(database);
    }

    @Test
    void leadsToTheServerUntilItIsCut() throws Exception {
        try (Connection connection = database.at(proxy.port()).connect();
                Statement statement = connection.createStatement()) {
            statement.execute("insert into t values (1)");
            assertThat(rows()).isEqualTo(1);
            assertThat(proxy.connections()).isEqualTo(1);

            proxy.cut();

            assertThatThrownBy(() -> statement.execute("insert into t values (2)"))
                    .isInstanceOf(SQLException.class);
        }
        database.at(proxy.port()).connect().close();
        proxy.leadTo(FreePorts.next());
        assertThatThrownBy(() -> database.at(proxy.port()).connect()).isInstanceOf(SQLException.class);
    }

    @Test
    void beforeAStatementNothingOfItIsDone() throws Exception {
        Connection connection = connect();
        insert(connection, 1);
        CompletableFuture<Void> cut = proxy.cutBefore("insert into t");
        assertThatThrownBy(() -> insert(connection, 2)).isInstanceOf(SQLException.class);
        assertThat(cut).succeedsWithin(LIMIT);
        await().atMost(LIMIT).until(() -> proxy.connections() == 0);
        assertThat(rows()).isEqualTo(1);
    }

    @Test
    void afterAStatementAllOfItIsDoneAndNobodyTold() throws Exception {
        Connection connection = connect();
        insert(connection, 1);
        Connection other = connect();
        CompletableFuture<Void> cut = proxy.cutAfter("insert into t");
        assertThatThrownBy(() -> insert(connection, 2)).isInstanceOf(SQLException.class);
        assertThat(cut).succeedsWithin(LIMIT);
        assertThat(rows()).isEqualTo(2);
        insert(other, 3);
        other.close();
        assertThat(rows()).isEqualTo(3);
    }

    @Test
    void aCommitCanBeKnownToTheServerOnly() throws Exception {
        Connection connection = connect();
        CompletableFuture<Void> cut = proxy.cutAfter("COMMIT");
        connection.setAutoCommit(false);
        insert(connection, 1);
        assertThatThrownBy(connection::commit).isInstanceOf(SQLException.class);
        assertThat(cut).succeedsWithin(LIMIT);
        assertThat(rows()).isEqualTo(1);
    }

    @Test
    void cutsInTheMiddleOfWhatIsSentOrAnswered() throws Exception {
        Connection first = connect();
        proxy.cutRequestsAfter(3);
        assertThatThrownBy(() -> insert(first, 1)).isInstanceOf(SQLException.class);
        assertThat(rows()).isZero();

        proxy.spare();
        Connection second = connect();
        insert(second, 1);
        proxy.cutAnswersAfter(3);
        assertThatThrownBy(() -> insert(second, 2)).isInstanceOf(SQLException.class);
        await().atMost(LIMIT).until(() -> rows() == 2);
    }

    @Test
    void holdsWithoutEndingAConnection() throws Exception {
        Connection connection = connect();
        proxy.hold();
        CountDownLatch done = new CountDownLatch(1);
        CompletableFuture<Void> inserting = CompletableFuture.runAsync(() -> {
            try {
                insert(connection, 1);
            } catch (SQLException e) {
                throw new CompletionException(e);
            } finally {
                done.countDown();
            }
        });
        assertThat(done.await(200, TimeUnit.MILLISECONDS)).isFalse();
        assertThat(rows()).isZero();
        proxy.release();
        assertThat(inserting).succeedsWithin(LIMIT);
        assertThat(rows()).isEqualTo(1);
        connection.close();
    }

    /** One whose statements are prepared at once, as those of the journal are. */
    private Connection connect() throws SQLException {
        PostgresServer.Database at = database.at(proxy.port());
        return DriverManager.getConnection(at.jdbcUrl() + "?prepareThreshold=1", at.username(), at.password());
    }

    private static void insert(Connection connection, int n) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("insert into t values (?)")) {
            statement.setInt(1, n);
            statement.executeUpdate();
        }
    }

    /** Looked at past the proxy. */
    private long rows() {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select count(*) from t")) {
            rows.next();
            return rows.getLong(1);
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }
}
