package dev.sluice.journal.postgres;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/** A connection to the database, used by one thread at a time, with autocommit unless a transaction is begun. */
final class Session {

    /** The settings of each connection, made after it is open, because PgBouncer passes few startup parameters. */
    private static final String CONFIGURE = """
            select set_config('search_path', $1, false), set_config('statement_timeout', $2, false),
                   set_config('idle_in_transaction_session_timeout', $2, false),
                   set_config('synchronous_commit', 'on', false),
                   set_config('plan_cache_mode', 'force_generic_plan', false),
                   set_config('enable_seqscan', 'off', false), set_config('enable_hashjoin', 'off', false),
                   set_config('enable_mergejoin', 'off', false), set_config('jit', 'off', false)""";

    private final Connection connection;
    private long idleSince = System.nanoTime();

    Session(Connection connection) {
        this.connection = connection;
    }

    /** Maps a row. */
    interface Mapping<T> {
        T of(ResultSet row) throws SQLException;
    }

    /**
     * A cluster that waits for its replicas keeps waiting for them. A statement is planned once, which costs as much as
     * running it; and as plans are made while tables are empty and used when they are not, what is cheap for few rows must
     * not be taken. For the same reason statements that join a table with ids also say "id = any(those)": or the index would
     * be read from end to end, as cheap for no rows.
     */
    void configure(String schema, Duration timeout) throws SQLException {
        first(CONFIGURE, row -> true, '"' + schema + '"', Long.toString(timeout.toMillis()));
    }

    /**
     * Runs a statement and maps its rows.
     *
     * @param parameters the values of {@code $1}, {@code $2} and so on
     */
    <T> List<T> rows(String sql, Mapping<T> mapping, @Nullable Object... parameters) throws SQLException {
        try (PreparedStatement statement = prepare(sql, parameters);
                ResultSet rows = statement.executeQuery()) {
            List<T> all = new ArrayList<>();
            while (rows.next()) {
                all.add(mapping.of(rows));
            }
            return all;
        }
    }

    /** The first row, if there is any. */
    <T> @Nullable T first(String sql, Mapping<T> mapping, @Nullable Object... parameters) throws SQLException {
        List<T> rows = rows(sql, mapping, parameters);
        return rows.isEmpty() ? null : rows.get(0);
    }

    /** Runs a statement that returns no rows, and returns how many it changed. */
    int update(String sql, @Nullable Object... parameters) throws SQLException {
        try (PreparedStatement statement = prepare(sql, parameters)) {
            return statement.executeUpdate();
        }
    }

    private PreparedStatement prepare(String sql, @Nullable Object... parameters) throws SQLException {
        Placeholders text = Placeholders.of(sql);
        PreparedStatement statement = connection.prepareStatement(text.jdbc());
        try {
            for (int i = 0; i < text.order().length; i++) {
                set(statement, i + 1, parameters[text.order()[i] - 1]);
            }
            return statement;
        } catch (SQLException | RuntimeException e) {
            statement.close();
            throw e;
        }
    }

    private void set(PreparedStatement statement, int at, @Nullable Object value) throws SQLException {
        if (value == null) {
            statement.setNull(at, Types.NULL);
        } else if (value instanceof byte[] bytes) {
            statement.setBytes(at, bytes);
        } else if (value instanceof Object[] elements) {
            statement.setArray(at, connection.createArrayOf(type(elements), elements));
        } else {
            statement.setObject(at, value);
        }
    }

    private static String type(Object[] elements) {
        if (elements instanceof UUID[]) {
            return "uuid";
        } else if (elements instanceof Long[]) {
            return "int8";
        } else if (elements instanceof Integer[]) {
            return "int4";
        } else if (elements instanceof Boolean[]) {
            return "bool";
        } else if (elements instanceof byte[][]) {
            return "bytea";
        } else if (elements instanceof String[]) {
            return "text";
        }
        throw new IllegalArgumentException("no array of the database: " + elements.getClass());
    }

    /** Runs some statements in one transaction; an error undoes all of them. */
    <T> T transaction(Database.Work<T> work) throws SQLException {
        connection.setAutoCommit(false);
        try {
            T done = work.with(this);
            connection.commit();
            return done;
        } catch (SQLException | RuntimeException e) {
            undo(e);
            throw e;
        } finally {
            if (!connection.isClosed()) {
                connection.setAutoCommit(true);
            }
        }
    }

    private void undo(Exception cause) {
        try {
            if (!connection.isClosed()) {
                connection.rollback();
            }
        } catch (SQLException e) {
            abort();
            cause.addSuppressed(e);
        }
    }

    /** Returns the notifications received, waiting for at most this time if there are none. */
    PGNotification[] notifications(Duration wait) throws SQLException {
        PGNotification[] some = connection.unwrap(PGConnection.class).getNotifications((int) wait.toMillis());
        return some == null ? new PGNotification[0] : some;
    }

    void idle() {
        idleSince = System.nanoTime();
    }

    boolean isIdleFor(Duration time) {
        return System.nanoTime() - idleSince > time.toNanos();
    }

    /**
     * Whether the connection is known to be unusable without a round trip: it is closed, or the server terminated it.
     */
    boolean isBroken() {
        try {
            if (!connection.isClosed()) {
                connection.unwrap(PGConnection.class).getNotifications(); // reads what has arrived without waiting
            }
            return connection.isClosed();
        } catch (SQLException e) {
            return true;
        }
    }

    boolean isClosed() throws SQLException {
        return connection.isClosed();
    }

    /** Closes the connection. */
    void close() throws SQLException {
        connection.close();
    }

    /** Aborts the connection and the statement in progress. Thread-safe. */
    void abort() {
        try {
            connection.abort(Runnable::run);
        } catch (SQLException e) {
            throw new IllegalStateException("the driver does not end a connection", e);
        }
    }
}
