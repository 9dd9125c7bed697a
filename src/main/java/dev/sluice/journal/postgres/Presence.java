package dev.sluice.journal.postgres;

import dev.sluice.journal.JournalUnavailableException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The heartbeat of this node, which also reads the number and the oldest form of the nodes and the database's time. */
final class Presence {

    private static final long WATCHERS_FIRST_NANOS = Duration.ofSeconds(2).toNanos();

    /** A node of an older form would send requests without credentials stored apart. */
    private static final int WITH_CREDENTIALS = 2;

    /** A node of an older form would take the loss of a check for that of an attempt. */
    private static final int WITH_PARKING = 12;

    /** Nodes of an older form do not read output in blocks. */
    private static final int WITH_OUTPUT = 13;

    /** How long after its last heartbeat a node is counted. */
    static final long ALIVE_MILLIS = 10_000;

    private static final String LIVE = Sql.of("node-seen", Map.of("alive", ALIVE_MILLIS));

    static final String SETTLE = Sql.of("settle");

    private static final String LEAVE = Sql.of("node-leave");

    private final Database database;
    private final DatabaseClock clock;
    private final SharedBacklog backlog;
    private final UUID node;
    private final String name;
    private volatile int oldestForm = Migration.FORM;
    private long unsettledSince;

    Presence(Database database, DatabaseClock clock, SharedBacklog backlog, UUID node, String name) {
        this.database = database;
        this.clock = clock;
        this.backlog = backlog;
        this.node = node;
        this.name = name;
    }

    /** Whether all nodes support credentials stored apart from the request. Thread-safe. */
    boolean areCredentialsApart() {
        return oldestForm >= WITH_CREDENTIALS;
    }

    /** Whether all nodes know of parked jobs. Thread-safe. */
    boolean isParkingKnown() {
        return oldestForm >= WITH_PARKING;
    }

    /** Whether all nodes read output in blocks. Thread-safe. */
    boolean isOutputKnown() {
        return oldestForm >= WITH_OUTPUT;
    }

    private record Seen(
            long millis,
            int oldest,
            int others,
            int oldestForm,
            boolean settled,
            boolean fresh,
            long asked,
            long answered) {}

    /** Sends a heartbeat and reads the state of the others. Blocks. */
    void show() {
        Seen seen = look();
        while (!seen.settled()) {
            settle(seen);
            seen = look();
        }
        clock.set(seen.millis(), seen.asked(), seen.answered());
        backlog.nodes(1 + seen.others());
        oldestForm = seen.oldestForm();
        database.fit(seen.oldest() > Migration.FORM ? Migration.tooOld(seen.oldest()) : null);
    }

    private Seen look() {
        return database.probe(session -> {
            long asked = System.nanoTime();
            return session.rows(LIVE, row -> seen(row, asked), node, name, Migration.FORM)
                    .get(0);
        });
    }

    /**
     * Continues the journal's time on another server's clock; a node that did not observe it before leaves that to
     * those that did.
     */
    private void settle(Seen seen) {
        long now = System.nanoTime();
        unsettledSince = unsettledSince == 0 ? now : unsettledSince;
        if (!clock.isSet() && !seen.fresh() && seen.others() > 0 && now - unsettledSince < WATCHERS_FIRST_NANOS) {
            throw new JournalUnavailableException("the time of the journal is not settled yet", null);
        }
        unsettledSince = 0;
        Long watched = clock.isSet() ? (Long) clock.millis() : null;
        database.probe(session -> session.update(SETTLE, new @Nullable Object[] {watched}));
    }

    private static Seen seen(ResultSet row, long asked) throws SQLException {
        return new Seen(
                Rows.number(row, 0),
                (int) Rows.number(row, 1),
                (int) Rows.number(row, 2),
                (int) Rows.number(row, 3),
                Rows.flag(row, 4),
                Rows.flag(row, 5),
                asked,
                System.nanoTime());
    }

    /** Leaves the other nodes. Blocks. */
    void leave() {
        database.update(LEAVE, node);
    }

    /** The error of a job that is to be parked although not all nodes know of that. */
    static JournalUnavailableException cannotPark() {
        return new JournalUnavailableException(
                "nodes of an earlier version share the journal; until they are replaced no job waits for a backend that took"
                        + " its work over",
                null);
    }
}
