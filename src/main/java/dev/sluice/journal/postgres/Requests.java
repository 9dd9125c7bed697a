package dev.sluice.journal.postgres;

import dev.sluice.job.JobId;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The requests of jobs that were claimed just now: the claim brings them along, because each is asked for next. Bounded in
 * bytes; what is pushed out is read again. For any thread.
 */
final class Requests {

    private static final long MOST_BYTES = 16L << 20;

    private final Map<JobId, byte[]> packed = new LinkedHashMap<>();
    private long bytes;

    synchronized void remember(JobId id, byte[] request) {
        forget(id);
        packed.put(id, request);
        bytes += request.length;
        while (bytes > MOST_BYTES) {
            forget(packed.keySet().iterator().next());
        }
    }

    /** Hands out a request, once. */
    synchronized byte @Nullable [] take(JobId id) {
        byte[] request = packed.get(id);
        forget(id);
        return request;
    }

    synchronized void forget(JobId id) {
        byte[] before = packed.remove(id);
        if (before != null) {
            bytes -= before.length;
        }
    }
}
