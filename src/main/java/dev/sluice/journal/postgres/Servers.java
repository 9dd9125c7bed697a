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
 * Opens connections to the first available of several servers, beginning with the one used last. The driver can do so,
 * too, but spends the whole time limit on a server that accepts the connection and then hangs. Blocks. Thread-safe.
 */
final class Servers {

    /** How much longer the client waits than the server's statement timeout. */
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
     * Opens a connection whose statements end in bounded time: the server cancels them after the configured timeout,
     * and the client gives up slightly later if the server does not respond.
     *
     * @param limit the time limit for all servers together
     * @throws SQLException the error of the first server; the others are suppressed
     */
    Session open(Duration limit) throws SQLException {
        long end = System.nanoTime() + limit.toNanos();
        Duration each = limit.dividedBy(url.hosts().size());
        SQLException failed = null;
        int first = last; // other threads change it
        for (int i = 0; i < url.hosts().size(); i++) {
            int at = (first + i) % url.hosts().size();
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

    /** Returns the URL of the server used last, for components that connect on their own. */
    String jdbc() {
        return jdbc(last);
    }

    /** Returns the driver settings for it. */
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

    /** Returns the addresses for display. */
    String where() {
        return url.where();
    }
}
