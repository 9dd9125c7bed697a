package dev.sluice.journal.core.queue;

import dev.sluice.job.Job;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The numbers of unfinished jobs by route and client, for those jobs that name their client. Thread-safe. */
public final class ClientCounts {

    /** A client of a route. */
    public record Client(String route, long client) {}

    private final Map<Client, Long> counts = new ConcurrentHashMap<>();

    /** Counts a job that was accepted, or found at start. */
    public void begun(Job job) {
        add(job, 1);
    }

    /** No longer counts a job, because it has finished. */
    public void ended(Job job) {
        add(job, -1);
    }

    /** Replaces all counts by those of a snapshot. */
    public void replace(Map<Client, Long> counted) {
        counts.putAll(counted);
        counts.keySet().retainAll(counted.keySet());
    }

    /** Returns the number of unfinished jobs of a client. */
    public long of(String route, long client) {
        return counts.getOrDefault(new Client(route, client), 0L);
    }

    private void add(Job job, long by) {
        if (job.spec().client() != 0) {
            counts.compute(new Client(job.route(), job.spec().client()), (client, count) -> sum(count, by));
        }
    }

    private static @Nullable Long sum(@Nullable Long count, long by) {
        long sum = (count == null ? 0 : count) + by;
        return sum > 0 ? sum : null;
    }
}
