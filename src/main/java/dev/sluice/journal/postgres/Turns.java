package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The turn of each route that this node served last. The turns of a route are served in the order of their numbers, which
 * are hashes, and then from the lowest on again: so a turn in which jobs begin to wait is served before any other is served
 * a second time, and there is nothing to keep in the database or to agree on with other nodes, each of which goes round on
 * its own. Which turns have jobs waiting is read from the index of waiting jobs. Thread-safe.
 */
final class Turns {

    private final Map<String, Long> served = new ConcurrentHashMap<>();

    /** Returns the turn that was served last; the one before the lowest if none was. */
    long last(String route) {
        return served.getOrDefault(route, Long.MIN_VALUE);
    }

    /** Records the turn that was looked at last. */
    void passed(String route, long turn) {
        served.put(route, turn);
    }

    /** Puts the jobs of a claim, which are in the order of their ranks, into that of turns. */
    List<Job> inTurns(List<Job> jobs) {
        if (jobs.isEmpty()) {
            return jobs;
        }
        Map<String, Map<Long, Deque<Job>>> routes = new LinkedHashMap<>();
        for (Job job : jobs) {
            long last = last(job.route());
            routes.computeIfAbsent(job.route(), route -> new TreeMap<>(after(last)))
                    .computeIfAbsent(job.spec().turn(), turn -> new ArrayDeque<>())
                    .add(job);
        }
        boolean fair = false;
        List<Job> ordered = new ArrayList<>(jobs.size());
        for (Map.Entry<String, Map<Long, Deque<Job>>> route : routes.entrySet()) {
            fair |= route.getValue().size() > 1;
            serve(route.getValue(), ordered);
            passed(route.getKey(), ordered.get(ordered.size() - 1).spec().turn());
        }
        return fair ? ordered : jobs;
    }

    private static void serve(Map<Long, Deque<Job>> turns, List<Job> ordered) {
        while (!turns.isEmpty()) {
            for (Deque<Job> turn : turns.values()) {
                ordered.add(turn.removeFirst());
            }
            turns.values().removeIf(Deque::isEmpty);
        }
    }

    /** The order of turns from the one after the last on. */
    private static Comparator<Long> after(long last) {
        return (a, b) -> Long.compareUnsigned(a - last - 1, b - last - 1);
    }
}
