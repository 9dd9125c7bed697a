package dev.sluice.journal.postgres;

import dev.sluice.journal.JournalProperties;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.time.Duration;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * Opens connections to the first of several servers that answers, beginning with the one that did last. The driver can do
 * that too, but gives a server that takes the connection and then says nothing all the time there is, as one does that
 * stands still or whose network swallows everything. For any thread that may block.
 */
final class Servers {

    /** How much longer this side waits for an answer than the server takes at most to give up. */
    private static final Duration SLACK = Duration.ofSeconds(1);

    private final DatabaseUrl url;
    private final String schema;
    private final Duration timeout;
    private volatile int last;

    Servers(JournalProperties.Postgres properties) {
        url = DatabaseUrl.of(properties);
        schema = properties.schema();
        timeout = properties.timeout();
    }

    /**
     * Opens one. Whatever runs on it ends in bounded time: the server gives up after the configured timeout, and this side
     * a little later in case the server is not heard of any more.
     *
     * @param limit for all servers together
     * @throws SQLException what the first of them said; the others are suppressed
     */
    Session open(Duration limit) throws SQLException {
        long end = System.nanoTime() + limit.toNanos();
        Duration each = limit.dividedBy(url.hosts().size());
        SQLException failed = null;
        for (int i = 0; i < url.hosts().size(); i++) {
            int at = (last + i) % url.hosts().size();
            boolean isLast = i == url.hosts().size() - 1;
            try {
                Session opened = open(at, isLast ? Duration.ofNanos(end - System.nanoTime()) : each);
                last = at;
                return opened;
            } catch (SQLException e) {
                failed = also(failed, e);
            }
        }
        throw failed == null ? new SQLTimeoutException("no host", "08001") : failed;
    }

    private static SQLException also(@Nullable SQLException first, SQLException next) {
        if (first == null) {
            return next;
        }
        first.addSuppressed(next);
        return first;
    }

    private Session open(int at, Duration limit) throws SQLException {
        if (limit.toMillis() < 1) {
            throw new SQLTimeoutException("there was no time left to connect", "08001");
        }
        Connection connection = DriverManager.getConnection(jdbc(at), settings(limit));
        try {
            connection.setNetworkTimeout(
                    Runnable::run, (int) timeout.plus(SLACK).toMillis());
            Session session = new Session(connection);
            session.configure(schema, timeout);
            return session;
        } catch (SQLException | RuntimeException e) {
            connection.abort(Runnable::run);
            throw e;
        }
    }

    private String jdbc(int at) {
        return url.jdbc(url.hosts().get(at));
    }

    /** Where the server is that answered last, for whoever connects by himself. */
    String jdbc() {
        return jdbc(last);
    }

    /** What a driver is told for that. */
    Properties settings() {
        return settings(timeout);
    }

    private Properties settings(Duration limit) {
        Properties settings = url.within(limit);
        settings.setProperty("ApplicationName", "sluice");
        settings.setProperty("tcpKeepAlive", "true");
        settings.setProperty("gssEncMode", "disable");
        settings.setProperty("hostRecheckSeconds", "0");
        settings.setProperty("prepareThreshold", "1"); // every statement is one that comes again
        return settings;
    }

    Duration timeout() {
        return timeout;
    }

    String schema() {
        return schema;
    }

    /** Where they are, for people. */
    String where() {
        return url.where();
    }
}
