package dev.sluice.journal.postgres;

import dev.sluice.job.JobId;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The requests of jobs that were claimed just now: the claim brings them along, because each is asked for next. Bounded in
 * bytes; what is pushed out is read again. For any thread.
 */
final class ClaimedRequests {

    private static final long MOST_BYTES = 16L << 20;

    private final Map<JobId, Columns> packed = new LinkedHashMap<>();
    private long bytes;

    /**
     * A request as it is stored.
     *
     * @param credentials null if it has none, or none any more
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

    /** Hands out a request, once. */
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
