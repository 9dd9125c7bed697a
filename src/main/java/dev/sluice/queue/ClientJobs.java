package dev.sluice.queue;

import dev.sluice.job.KeyedHash;
import dev.sluice.journal.JobReader;
import dev.sluice.route.RateLimit;
import dev.sluice.route.Route;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Decides whether a client may have another unfinished job on a route that bounds them. What it has is counted by the journal,
 * so that a restart changes nothing; appends in progress are counted here. On one node the bound is exact; several nodes learn
 * of each other's jobs with a delay of some seconds, in which each may admit as many as were left.
 *
 * <p>For any thread; what is held here is bounded by the appends in progress.
 */
public final class ClientJobs {

    private final JobReader journal;
    private final KeyedHash hash;
    private final Map<Client, Integer> entering = new ConcurrentHashMap<>();

    private record Client(String route, long client) {}

    ClientJobs(JobReader journal, KeyedHash hash) {
        this.journal = journal;
        this.hash = hash;
    }

    /**
     * The client of a job, for {@link dev.sluice.job.JobSpec#client}; 0 if the route does not bound its jobs.
     *
     * @param client its address, the value of its field or its name, depending on the limit; empty if it has none
     */
    public long client(Route route, String client) {
        RateLimit limit = route.admission().rateLimit();
        if (limit == null || limit.inFlight() == 0) {
            return 0;
        }
        ClientKey key = ClientKey.of(limit.by(), client);
        byte[] kind = limit.by().text().getBytes(StandardCharsets.UTF_8);
        return hash.of(ByteBuffer.allocate(kind.length + 2 * Long.BYTES)
                .put(kind)
                .putLong(key.high())
                .putLong(key.low())
                .array());
    }

    /** Acquires a permit for an append; if true, {@link #leave} must be called. */
    public boolean tryEnter(Route route, long client) {
        RateLimit limit = route.admission().rateLimit();
        if (client == 0 || limit == null || limit.inFlight() == 0) {
            return true;
        }
        boolean[] entered = {false};
        entering.compute(new Client(route.id(), client), (key, before) -> {
            int others = before == null ? 0 : before;
            entered[0] = journal.backlog().unfinished(route.id(), client) + others < limit.inFlight();
            return entered[0] ? Integer.valueOf(others + 1) : before;
        });
        return entered[0];
    }

    /** Releases the permit when the append has ended; if it succeeded, the journal counts the job by now. */
    public void leave(Route route, long client) {
        if (client != 0) {
            entering.computeIfPresent(
                    new Client(route.id(), client), (key, before) -> before == 1 ? null : Integer.valueOf(before - 1));
        }
    }
}
