package dev.sluice.journal.postgres;

import dev.sluice.journal.core.queue.ClientCounts;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Counts the unfinished jobs in the database. A slow count is made less often. Not thread-safe. */
final class BacklogCount {

    private static final String ROUTES =
            Sql.of("backlog", Map.of("bucket", RouteDepths.BUCKET_MILLIS, "turns", Heads.MOST_LANES));

    /** The share of time that counting may take. */
    private static final int SHARE = 20;

    private static final long SHORTEST_NANOS = Duration.ofMillis(500).toNanos();

    /** The longest interval: a slow count may be due to a stalled node rather than the database. */
    private static final long LONGEST_NANOS = Duration.ofSeconds(5).toNanos();

    /** The most clients whose jobs of all nodes are counted, those with most of them. */
    private static final int CLIENTS = 10_000;

    private static final String CLIENT_COUNT = Sql.of("backlog-clients", Map.of("clients", CLIENTS));

    private long next = System.nanoTime();

    /**
     * A row of the count.
     *
     * @param state as the column of that name, but {@code d} for queued jobs that are delayed and {@code a} for running ones whose
     *     backend has taken them over
     * @param turn null if it counts jobs of all turns
     */
    record Row(
            String route,
            String state,
            int urgency,
            long bucket,
            long jobs,
            long firstRank,
            long dead,
            @Nullable Long turn) {

        /** Whether its jobs are waiting to be run. */
        boolean isOfWaiting() {
            return state.equals("q") || state.equals("d");
        }
    }

    boolean isDue() {
        return System.nanoTime() - next >= 0;
    }

    /** Counts now, and passes on what was counted. Blocks. */
    void count(Database database, Consumer<List<Row>> ofRoutes, Consumer<Map<ClientCounts.Client, Long>> ofClients) {
        long begin = System.nanoTime();
        ofRoutes.accept(database.read(ROUTES, BacklogCount::row));
        Map<ClientCounts.Client, Long> clients = new HashMap<>();
        database.read(
                CLIENT_COUNT,
                row -> clients.put(
                        new ClientCounts.Client(Rows.text(row, 0), Rows.number(row, 1)), Rows.number(row, 2)));
        ofClients.accept(clients);
        long end = System.nanoTime();
        next = end + Math.min(LONGEST_NANOS, Math.max(SHORTEST_NANOS, SHARE * (end - begin)));
    }

    private static Row row(ResultSet row) throws SQLException {
        return new Row(
                Rows.text(row, 0),
                Rows.text(row, 1),
                row.getInt(3), // 0 if it is null
                row.getLong(4),
                Rows.number(row, 4),
                Rows.number(row, 5),
                row.getLong(7),
                Rows.optionalNumber(row, 7));
    }
}
