package dev.sluice.journal.postgres;

import dev.sluice.journal.Health;
import dev.sluice.journal.JournalUnavailableException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A pool of connections to PostgreSQL with the health of the database. A thread takes an idle connection, opens one
 * below the limit, or waits for the configured timeout at most. All methods block; for the adapter's own threads only.
 */
final class Database implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Database.class);
    private static final Health UP = new Health(true, "PostgreSQL answers");
    private static final Duration MAX_IDLE = Duration.ofMinutes(5);

    /** How long no write is tried after one was refused, even if reads succeed. */
    private static final Duration WRITES_REST = Duration.ofSeconds(1);

    private final Servers servers;
    private final Duration timeout;
    private final PostgresJournalMeters meters;
    private final int most;
    private final Semaphore free;

    /** The idle connections, most recently used first. */
    private final ConcurrentLinkedDeque<Session> idle = new ConcurrentLinkedDeque<>();

    private volatile State state = new State(UP, 0, false);
    private volatile @Nullable String unfit;
    private volatile boolean closed;

    /**
     * The health of the database.
     *
     * @param until if it cannot be used: not to be believed that it can before {@link System#nanoTime} is this
     * @param readable whether it may be read from
     */
    private record State(Health health, long until, boolean readable) {}

    /** An operation on one connection. */
    interface Work<T> {
        T with(Session session) throws SQLException;
    }

    /** Creates a pool without connections. */
    Database(Servers servers, int connections, PostgresJournalMeters meters) {
        this.servers = servers;
        this.timeout = servers.timeout();
        this.meters = meters;
        this.most = connections;
        this.free = new Semaphore(connections, true);
        meters.connections(this);
    }

    /**
     * Runs some statements on one connection, each of them a transaction of its own.
     *
     * @throws DatabaseException errors of the driver are passed on, see {@link Faults}
     */
    <T> T use(Work<T> work) {
        String whyNot = closed ? "the journal is closed" : unfit;
        if (whyNot != null) {
            throw new JournalUnavailableException(whyNot, null);
        }
        return probe(work);
    }

    /** As {@link #use}, in one transaction, which an error rolls back. */
    <T> T transaction(Work<T> work) {
        return use(session -> session.transaction(work));
    }

    /** As {@link #use}, whether or not the database is fit. */
    <T> T probe(Work<T> work) {
        try {
            T done = onSession(work);
            works();
            return done;
        } catch (SQLException e) {
            mayNotWork(e);
            throw new DatabaseException(e);
        } catch (JournalUnavailableException e) {
            mayNotWork(e);
            throw e;
        }
    }

    private <T> T onSession(Work<T> work) throws SQLException {
        long end = System.nanoTime() + timeout.toNanos();
        acquire();
        try {
            Session session = session(end);
            boolean lost = true;
            try {
                T done = work.with(session);
                lost = false;
                return done;
            } catch (SQLException e) {
                lost = Faults.connectionIsLost(e);
                throw e;
            } catch (RuntimeException e) {
                lost = false; // of ours, between statements
                throw e;
            } finally {
                giveBack(session, lost);
            }
        } finally {
            free.release();
        }
    }

    private void acquire() {
        try {
            if (!free.tryAcquire(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
                throw new JournalUnavailableException(
                        "no connection to the database within sluice.journal.postgres.timeout", null);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new JournalUnavailableException("the journal is being closed", e);
        }
    }

    private Session session(long end) {
        for (Session session = idle.poll(); session != null; session = idle.poll()) {
            if (!session.isBroken()) {
                return session;
            }
            session.abort();
        }
        try {
            return servers.open(Duration.ofNanos(end - System.nanoTime()));
        } catch (SQLException e) {
            throw new JournalUnavailableException(Faults.words(e), e);
        }
    }

    private void giveBack(Session session, boolean lost) throws SQLException {
        if (lost || session.isClosed()) {
            session.abort();
            // Other idle connections are most likely broken as well: they are closed instead of being tried one by one.
            closeAll(all());
        } else {
            session.idle();
            idle.push(session);
            if (closed) {
                closeAll(all());
            }
        }
    }

    private List<Session> all() {
        List<Session> some = new ArrayList<>();
        for (Session session = idle.poll(); session != null; session = idle.poll()) {
            some.add(session);
        }
        return some;
    }

    private static void closeAll(List<Session> sessions) {
        for (Session session : sessions) {
            try {
                session.close();
            } catch (SQLException e) {
                log.debug("A connection did not close in good order: {}", e.getMessage());
            }
        }
    }

    /** Closes connections that have been idle for long. */
    void tidy() {
        List<Session> old = new ArrayList<>();
        for (Session last = idle.peekLast(); last != null && last.isIdleFor(MAX_IDLE); last = idle.peekLast()) {
            if (idle.removeLastOccurrence(last)) {
                old.add(last);
            }
        }
        closeAll(old);
    }

    /** Runs one statement and maps its rows. */
    <T> List<T> rows(String sql, Session.Mapping<T> mapping, @Nullable Object... parameters) {
        return use(session -> session.rows(sql, mapping, parameters));
    }

    /** As {@link #rows}, repeated once if the connection broke: for idempotent statements. */
    <T> List<T> read(String sql, Session.Mapping<T> mapping, @Nullable Object... parameters) {
        try {
            return rows(sql, mapping, parameters);
        } catch (DatabaseException e) {
            if (!Faults.isOfOneConnection(e)) {
                throw e;
            }
            return rows(sql, mapping, parameters);
        }
    }

    /** As {@link #read}: the first row, if there is any. */
    <T> @Nullable T first(String sql, Session.Mapping<T> mapping, @Nullable Object... parameters) {
        List<T> rows = read(sql, mapping, parameters);
        return rows.isEmpty() ? null : rows.get(0);
    }

    /** Runs one statement that returns no rows, and returns how many it changed. */
    int update(String sql, @Nullable Object... parameters) {
        return use(session -> session.update(sql, parameters));
    }

    Duration timeout() {
        return timeout;
    }

    /** Returns the number of connections in use. */
    int used() {
        return most - free.availablePermits();
    }

    /** Returns the number of idle connections. */
    int idle() {
        return idle.size();
    }

    Health health() {
        String whyNot = unfit;
        return whyNot == null ? state.health() : new Health(false, whyNot);
    }

    /** Whether a read may be tried. */
    boolean isReadable() {
        return unfit == null && (state.health().up() || state.readable());
    }

    /** Explains why the database must not be used although it is reachable; null if it may. */
    void fit(@Nullable String whyNot) {
        if (whyNot != null && unfit == null) {
            log.error("The journal cannot be used: {}", whyNot);
        } else if (whyNot == null && unfit != null) {
            log.warn("The journal can be used again");
        }
        unfit = whyNot;
    }

    private void works() {
        State before = state;
        if (!before.health().up() && System.nanoTime() - before.until() >= 0) {
            log.warn("The journal can be used again");
            state = new State(UP, 0, false);
        }
    }

    private void mayNotWork(Exception error) {
        Faults.Kind kind = Faults.kind(error);
        if (kind == Faults.Kind.REFUSED || (kind == Faults.Kind.UNKNOWN && !Faults.isOfOneConnection(error))) {
            Throwable cause =
                    error instanceof JournalUnavailableException && error.getCause() != null ? error.getCause() : error;
            String words = Faults.words(cause);
            meters.writeFailed();
            if (state.health().up()) {
                log.error("The journal cannot be used: {}; refusing until it can", words);
            }
            boolean readable = Faults.readsGoOn(cause);
            long now = System.nanoTime();
            state = new State(new Health(false, words), readable ? now + WRITES_REST.toNanos() : now, readable);
        }
    }

    /** Closes the idle connections now, and the others when they are released. */
    @Override
    public void close() {
        closed = true;
        closeAll(all());
    }
}
