package dev.sluice.journal.postgres;

import dev.sluice.job.JobId;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A cache of the requests of newly claimed jobs, which are returned by the claim because each is read next. Bounded in
 * bytes; evicted requests are read from the database. Thread-safe.
 */
final class ClaimedRequests {

    private static final long MOST_BYTES = 16L << 20;

    private final Map<JobId, Columns> packed = new LinkedHashMap<>();
    private long bytes;

    /**
     * A stored request.
     *
     * @param credentials null if it has none, or they have been erased
     */
    record Columns(byte[] request, byte @Nullable [] credentials) {

        private int bytes() {
            return request.length + (credentials == null ? 0 : credentials.length);
        }
    }

    synchronized void remember(JobId id, Columns request) {
        evict(id);
        packed.put(id, request);
        bytes += request.bytes();
        while (bytes > MOST_BYTES) {
            evict(packed.keySet().iterator().next());
        }
    }

    /** Removes and returns a request. */
    synchronized @Nullable Columns take(JobId id) {
        Columns request = packed.get(id);
        evict(id);
        return request;
    }

    synchronized void evict(JobId id) {
        Columns before = packed.remove(id);
        if (before != null) {
            bytes -= before.bytes();
        }
    }
}
