package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import dev.sluice.journal.Backlog;
import dev.sluice.journal.core.Decision;
import dev.sluice.journal.core.queue.ClientCounts;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * This node's view of the backlog in the database: counted periodically, and adjusted for this node's own changes in
 * between. Changes of other nodes appear with the next count. Thread-safe.
 */
final class SharedBacklog implements Backlog {

    private final ClientCounts clients = new ClientCounts();
    private final Heads heads = new Heads();
    private final Map<String, RouteDepths> routes = new ConcurrentHashMap<>();
    private final AtomicLong waiting = new AtomicLong();
    private volatile int nodes = 1;
    private final BacklogCount count = new BacklogCount(); // guarded by its monitor

    /** Counts if due, or if forced. Blocks. */
    void count(Database database, boolean now) {
        synchronized (count) {
            if (now || count.isDue()) {
                heads.counting();
                count.count(database, this::replace, clients::replace);
            }
        }
    }

    private synchronized void replace(List<BacklogCount.Row> rows) {
        Map<String, RouteDepths> counted = new HashMap<>();
        Map<QueueLane, Long> first = new HashMap<>();
        long sum = 0;
        for (BacklogCount.Row row : rows) {
            RouteDepths route = counted.computeIfAbsent(row.route(), id -> new RouteDepths());
            if (row.turn() != null) {
                first.put(new QueueLane(row.route(), row.turn()), row.firstRank());
                route.countTurn(row.turn(), row.jobs());
                continue;
            }
            switch (row.state()) {
                case "r" -> route.addRunning(row.jobs());
                case "a" -> route.addAwaiting(row.jobs());
                case "d" -> route.addDelayed(row.jobs());
                default -> route.countDue(row.urgency(), row.bucket(), row.jobs(), row.firstRank());
            }
            sum += row.isOfWaiting() ? row.jobs() : 0;
        }
        routes.putAll(counted);
        routes.keySet().retainAll(counted.keySet());
        waiting.set(sum);
        heads.counted(first, rows.isEmpty() ? -1 : rows.get(0).dead());
    }

    Heads heads() {
        return heads;
    }

    void nodes(int many) {
        nodes = many;
    }

    /** This node accepted a job. */
    synchronized void accepted(Job job, boolean due) {
        clients.begun(job);
        queued(route(job.route()), job, due, 1);
    }

    /** This node started a job. */
    synchronized void started(Job job) {
        RouteDepths route = route(job.route());
        queued(route, job, true, -1);
        route.addRunning(1);
    }

    /** This node moved a job. */
    synchronized void moved(Decision.Step step, Instant now) {
        RouteDepths route = route(step.after().route());
        if (step.ends()) {
            clients.ended(step.after());
        }
        route.addRunning(step.running());
        route.addAwaiting(step.awaiting());
        if (step.leavesQueue()) {
            queued(route, step.before(), !step.before().dueAt().isAfter(now), -1);
        } else if (step.entersQueue()) {
            queued(route, step.after(), !step.after().dueAt().isAfter(now), 1);
        }
    }

    private void queued(RouteDepths route, Job job, boolean due, int by) {
        if (due && by > 0) {
            heads.waits(job);
        }
        if (due) {
            route.addDue(job, by);
        } else {
            route.addDelayed(by);
        }
        RouteDepths.add(waiting, by);
    }

    private RouteDepths route(String id) {
        return routes.computeIfAbsent(id, key -> new RouteDepths());
    }

    /** Returns the approximate number of due jobs ahead of one accepted now. Thread-safe. */
    long before(Job job) {
        RouteDepths route = routes.get(job.route());
        return route == null ? 0 : route.before(job);
    }

    /** Returns the approximate position of a job from its place among the due jobs of its turn. Thread-safe. */
    long position(Job job, long place) {
        RouteDepths route = routes.get(job.route());
        return route == null ? place : route.position(job, place);
    }

    @Override
    public RouteBacklog of(String id) {
        @Nullable RouteDepths route = routes.get(id);
        return route == null || !route.isInUse() ? RouteBacklog.EMPTY : route.backlog();
    }

    @Override
    public long ahead(String id, int urgency) {
        @Nullable RouteDepths route = routes.get(id);
        return route == null ? 0 : route.ahead(urgency);
    }

    @Override
    public long ahead(String id, int urgency, long turn) {
        @Nullable RouteDepths route = routes.get(id);
        return route == null ? 0 : route.ahead(urgency, turn);
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
            if (route.isInUse()) {
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
