package dev.sluice.journal.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.r2dbc.postgresql.PostgresqlConnectionConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.publisher.Mono;

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
        proxy.leadTo(PostgresServer.freePort());
        assertThatThrownBy(() -> database.at(proxy.port()).connect()).isInstanceOf(SQLException.class);
    }

    @Test
    void beforeAStatementNothingOfItIsDone() {
        PostgresqlConnection connection = connect();
        insert(connection, 1).block(LIMIT);
        CompletableFuture<Void> cut = proxy.cutBefore("insert into t");
        assertThatThrownBy(() -> insert(connection, 2).block(LIMIT)).isInstanceOf(RuntimeException.class);
        assertThat(cut).succeedsWithin(LIMIT);
        await().atMost(LIMIT).until(() -> proxy.connections() == 0);
        assertThat(rows()).isEqualTo(1);
    }

    @Test
    void afterAStatementAllOfItIsDoneAndNobodyTold() {
        PostgresqlConnection connection = connect();
        insert(connection, 1).block(LIMIT);
        PostgresqlConnection other = connect();
        CompletableFuture<Void> cut = proxy.cutAfter("insert into t");
        assertThatThrownBy(() -> insert(connection, 2).block(LIMIT)).isInstanceOf(RuntimeException.class);
        assertThat(cut).succeedsWithin(LIMIT);
        assertThat(rows()).isEqualTo(2);
        insert(other, 3).block(LIMIT);
        other.close().block(LIMIT);
        assertThat(rows()).isEqualTo(3);
    }

    @Test
    void aCommitCanBeKnownToTheServerOnly() {
        PostgresqlConnection connection = connect();
        CompletableFuture<Void> cut = proxy.cutAfter("COMMIT");
        assertThatThrownBy(() -> connection
                        .beginTransaction()
                        .then(insert(connection, 1))
                        .then(connection.commitTransaction())
                        .block(LIMIT))
                .isInstanceOf(RuntimeException.class);
        assertThat(cut).succeedsWithin(LIMIT);
        assertThat(rows()).isEqualTo(1);
    }

    @Test
    void cutsInTheMiddleOfWhatIsSentOrAnswered() {
        PostgresqlConnection first = connect();
        proxy.cutRequestsAfter(3);
        assertThatThrownBy(() -> insert(first, 1).block(LIMIT)).isInstanceOf(RuntimeException.class);
        assertThat(rows()).isZero();

        proxy.spare();
        PostgresqlConnection second = connect();
        insert(second, 1).block(LIMIT);
        proxy.cutAnswersAfter(3);
        assertThatThrownBy(() -> insert(second, 2).block(LIMIT)).isInstanceOf(RuntimeException.class);
        await().atMost(LIMIT).until(() -> rows() == 2);
    }

    @Test
    void holdsWithoutEndingAConnection() throws Exception {
        PostgresqlConnection connection = connect();
        proxy.hold();
        CountDownLatch done = new CountDownLatch(1);
        CompletableFuture<Void> inserting =
                insert(connection, 1).doOnTerminate(done::countDown).toFuture();
        assertThat(done.await(200, TimeUnit.MILLISECONDS)).isFalse();
        assertThat(rows()).isZero();
        proxy.release();
        assertThat(inserting).succeedsWithin(LIMIT);
        assertThat(rows()).isEqualTo(1);
        connection.close().block(LIMIT);
    }

    private PostgresqlConnection connect() {
        return new PostgresqlConnectionFactory(PostgresqlConnectionConfiguration.builder()
                        .host(database.host())
                        .port(proxy.port())
                        .database(database.name())
                        .username(database.username())
                        .password(database.password())
                        .build())
                .create()
                .block(LIMIT);
    }

    private static Mono<Void> insert(PostgresqlConnection connection, int n) {
        return connection
                .createStatement("insert into t values ($1)")
                .bind("$1", n)
                .execute()
                .flatMap(result -> result.getRowsUpdated())
                .then();
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
