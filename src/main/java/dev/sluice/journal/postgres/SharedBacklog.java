package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import dev.sluice.journal.Backlog;
import dev.sluice.journal.core.Decision;
import dev.sluice.journal.core.queue.ClientCounts;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/**
 * This node's view of the backlog in the database: counted periodically, and adjusted for this node's own changes in
 * between. Changes of other nodes appear with the next count. Thread-safe.
 */
final class SharedBacklog implements Backlog {

    private static final int URGENCIES = 8;

    /** The letters that the count has for jobs that are not running. */
    private static final Set<String> WAITS = Set.of("q", "d");

    /** The resolution of ranks. */
    private static final long BUCKET_MILLIS = 10_000;

    private static final String COUNT = Sql.of("backlog", Map.of("bucket", BUCKET_MILLIS, "turns", Heads.MOST_LANES));

    /** The share of time that counting may take: a slow count is made less often. */
    private static final int SHARE = 20;

    private static final long SHORTEST_NANOS = Duration.ofMillis(500).toNanos();

    /** The longest interval: a slow count may be due to a stalled node rather than the database. */
    private static final long LONGEST_NANOS = Duration.ofSeconds(5).toNanos();

    /** The most clients whose jobs of all nodes are counted, those with most of them. */
    private static final int CLIENTS = 10_000;

    private static final String CLIENT_COUNT = Sql.of("backlog-clients", Map.of("clients", CLIENTS));

    private final ClientCounts clients = new ClientCounts();
    private final Heads heads = new Heads();
    private final Map<String, RouteCounts> routes = new ConcurrentHashMap<>();
    private final AtomicLong waiting = new AtomicLong();
    private volatile int nodes = 1;
    private final Object counting = new Object();
    private long nextCount = System.nanoTime();

    private static final class RouteCounts {
        final AtomicLongArray due = new AtomicLongArray(URGENCIES);
        final AtomicLong delayed = new AtomicLong();
        final AtomicLong running = new AtomicLong();
        final AtomicLong awaiting = new AtomicLong();

        /** The rank and the urgency of the next job, as last counted. */
        volatile long firstRank = Long.MAX_VALUE;

        volatile int firstUrgency;

        /** The due jobs of turn 0, as last counted. */
        long ofTurnZero;

        /** The number of due jobs by bucket of ranks. */
        final ConcurrentNavigableMap<Long, Long> ranks = new ConcurrentSkipListMap<>();

        /** The due jobs by turn; null while there is only turn 0. */
        volatile @Nullable TurnDepths turns;

        long due() {
            long sum = 0;
            for (int u = 0; u < URGENCIES; u++) {
                sum += due.get(u);
            }
            return sum;
        }

        /** Counts a due job that comes or goes. */
        void queued(long turn, int by) {
            TurnDepths depths = turns;
            if (depths == null && turn != 0) {
                depths = new TurnDepths();
                depths.add(0, due());
                turns = depths;
            }
            if (depths != null) {
                depths.add(turn, by);
            }
        }

        boolean inUse() {
            return due() + delayed.get() + running.get() + awaiting.get() > 0;
        }
    }

    /** Counts if due, or if forced. Blocks. */
    void count(Database database, boolean now) {
        synchronized (counting) {
            long begin = System.nanoTime();
            if (!now && begin - nextCount < 0) {
                return;
            }
            heads.counting();
            replace(database.read(COUNT, SharedBacklog::counted));
            Map<ClientCounts.Client, Long> counted = new HashMap<>();
            database.read(CLIENT_COUNT, SharedBacklog::clientCounted)
                    .forEach(client -> counted.put(client.getKey(), client.getValue()));
            clients.replace(counted);
            long end = System.nanoTime();
            nextCount = end + Math.min(LONGEST_NANOS, Math.max(SHORTEST_NANOS, SHARE * (end - begin)));
        }
    }

    /**
     * A row of the count.
     *
     * @param turn null if it counts jobs of all turns
     */
    private record Count(
            String route,
            String state,
            int urgency,
            long bucket,
            long jobs,
            long firstRank,
            long dead,
            @Nullable Long turn) {}

    private static Map.Entry<ClientCounts.Client, Long> clientCounted(ResultSet row) throws SQLException {
        return Map.entry(new ClientCounts.Client(Rows.text(row, 0), Rows.number(row, 1)), Rows.number(row, 2));
    }

    private static Count counted(ResultSet row) throws SQLException {
        return new Count(
                Rows.text(row, 0),
                Rows.text(row, 1),
                row.getInt(3), // 0 if it is null
                row.getLong(4),
                Rows.number(row, 4),
                Rows.number(row, 5),
                row.getLong(7),
                Rows.optionalNumber(row, 7));
    }

    private synchronized void replace(List<Count> counts) {
        Map<String, RouteCounts> counted = new HashMap<>();
        Map<QueueLane, Long> first = new HashMap<>();
        long sum = 0;
        for (Count count : counts) {
            RouteCounts route = counted.computeIfAbsent(count.route(), id -> new RouteCounts());
            if (count.turn() != null) {
                first.put(new QueueLane(count.route(), count.turn()), count.firstRank());
                ofTurn(route, count.turn(), count.jobs());
                continue;
            }
            switch (count.state()) {
                case "r" -> route.running.addAndGet(count.jobs());
                case "a" -> route.awaiting.addAndGet(count.jobs());
                case "d" -> route.delayed.addAndGet(count.jobs());
                default -> {
                    route.due.addAndGet(count.urgency(), count.jobs());
                    route.ranks.merge(count.bucket(), count.jobs(), Long::sum);
                    if (count.firstRank() < route.firstRank) {
                        route.firstRank = count.firstRank();
                        route.firstUrgency = count.urgency();
                    }
                }
            }
            sum += WAITS.contains(count.state()) ? count.jobs() : 0;
        }
        routes.putAll(counted);
        routes.keySet().retainAll(counted.keySet());
        waiting.set(sum);
        heads.counted(first, counts.isEmpty() ? -1 : counts.get(0).dead());
    }

    private static void ofTurn(RouteCounts route, long turn, long jobs) {
        TurnDepths turns = route.turns;
        if (turns == null && turn != 0) {
            turns = new TurnDepths();
            turns.add(0, route.ofTurnZero);
            route.turns = turns;
        }
        if (turns != null) {
            turns.add(turn, jobs);
        } else {
            route.ofTurnZero = jobs;
        }
    }

    Heads heads() {
        return heads;
    }

    void nodes(int count) {
        nodes = count;
    }

    /** This node accepted a job. */
    synchronized void accepted(Job job, boolean due) {
        clients.begun(job);
        queued(route(job.route()), job, due, 1);
    }

    /** This node started a job. */
    synchronized void started(Job job) {
        RouteCounts route = route(job.route());
        queued(route, job, true, -1);
        route.running.incrementAndGet();
    }

    /** This node moved a job. */
    synchronized void moved(Decision.Step step, Instant now) {
        RouteCounts route = route(step.after().route());
        if (step.ends()) {
            clients.ended(step.after());
        }
        if (step.running() != 0) {
            add(route.running, step.running());
        }
        if (step.awaiting() != 0) {
            add(route.awaiting, step.awaiting());
        }
        if (step.leavesQueue()) {
            queued(route, step.before(), !step.before().dueAt().isAfter(now), -1);
        } else if (step.entersQueue()) {
            queued(route, step.after(), !step.after().dueAt().isAfter(now), 1);
        }
    }

    private void queued(RouteCounts route, Job job, boolean due, int by) {
        if (due && by > 0) {
            heads.waits(job);
        }
        if (!due) {
            add(route.delayed, by);
        } else if (by > 0 || route.due.get(job.spec().urgency()) > 0) {
            route.queued(job.spec().turn(), by);
            route.due.addAndGet(job.spec().urgency(), by);
            route.ranks.compute(bucket(job), (bucket, jobs) -> {
                long sum = (jobs == null ? 0 : jobs) + by;
                return sum > 0 ? sum : null;
            });
        }
        add(waiting, by);
    }

    /** Returns the approximate number of due jobs ahead of one accepted now. Thread-safe. */
    long before(Job job) {
        RouteCounts route = routes.get(job.route());
        if (route == null) {
            return 0;
        }
        long all = route.ranks.headMap(bucket(job), true).values().stream()
                .mapToLong(Long::longValue)
                .sum();
        TurnDepths turns = route.turns;
        return turns == null
                ? all
                : position(job, Math.min(all, turns.of(job.spec().turn())));
    }

    /** Returns the approximate position of a job from its place among the due jobs of its turn. Thread-safe. */
    long position(Job job, long place) {
        RouteCounts route = routes.get(job.route());
        TurnDepths turns = route == null ? null : route.turns;
        return place == 0 || turns == null
                ? place
                : place + turns.others(job.spec().turn(), place);
    }

    private static long bucket(Job job) {
        return Heads.rank(job) / BUCKET_MILLIS;
    }

    private static void add(AtomicLong value, int by) {
        if (by > 0) {
            value.addAndGet(by);
        } else {
            atLeastZero(value);
        }
    }

    /** Counters never fall below zero, although a job of another node that was not counted yet may end here. */
    private static void atLeastZero(AtomicLong value) {
        value.updateAndGet(count -> Math.max(0, count - 1));
    }

    private RouteCounts route(String id) {
        return routes.computeIfAbsent(id, key -> new RouteCounts());
    }

    @Override
    public RouteBacklog of(String id) {
        @Nullable RouteCounts route = routes.get(id);
        if (route == null || !route.inUse()) {
            return RouteBacklog.EMPTY;
        }
        long due = route.due();
        long delayed = route.delayed.get();
        Instant oldest = due == 0 || route.firstRank == Long.MAX_VALUE
                ? null
                : Instant.ofEpochMilli(route.firstRank - Heads.STEP_MILLIS * route.firstUrgency);
        return new RouteBacklog(due + delayed, delayed, route.running.get(), route.awaiting.get(), oldest);
    }

    @Override
    public long ahead(String id, int urgency) {
        @Nullable RouteCounts route = routes.get(id);
        long sum = 0;
        for (int u = 0; route != null && u <= urgency; u++) {
            sum += route.due.get(u);
        }
        return sum;
    }

    @Override
    public long ahead(String id, int urgency, long turn) {
        @Nullable RouteCounts route = routes.get(id);
        TurnDepths turns = route == null ? null : route.turns;
        long all = ahead(id, urgency);
        if (route == null || turns == null) {
            return all;
        }
        long due = Math.max(1, route.due());
        long own = Math.round((double) turns.of(turn) * all / due); // urgencies are not counted by turn
        return own + turns.others(turn, own + 1);
    }

    @Override
    public long unfinished(String id, long client) {
        return clients.of(id, client);
    }

    @Override
    public long waiting() {
        return waiting.get();
    }

    @Override
    public Set<String> routes() {
        Set<String> used = new TreeSet<>();
        routes.forEach((id, route) -> {
            if (route.inUse()) {
                used.add(id);
            }
        });
        return used;
    }

    @Override
    public int nodes() {
        return nodes;
    }
}
