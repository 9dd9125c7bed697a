package dev.sluice.journal.core;

import dev.sluice.job.JobId;
import dev.sluice.job.JobRequest;
import dev.sluice.journal.Credentials;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A cache of the requests of newly claimed jobs that are known when they are claimed, because each is read next. Bounded in
 * bytes; evicted requests are read from where they are stored. Thread-safe.
 */
public final class ClaimedRequests {

    private static final long MOST_BYTES = 16L << 20;

    private final Map<JobId, Columns> packed = new LinkedHashMap<>();
    private long bytes;

    /**
     * A request as it is stored.
     *
     * @param credentials null if it has none, or they have been erased
     */
    public record Columns(byte[] request, byte @Nullable [] credentials) {

        /** Decodes the head, with its credentials. */
        public JobRequest head(JobCodec.RequestEntry stored) {
            return credentials == null
                    ? stored.head()
                    : Credentials.together(stored.head(), JobCodec.headers(credentials));
        }

        private int bytes() {
            return request.length + (credentials == null ? 0 : credentials.length);
        }
    }

    /** Puts a request, and evicts the oldest if there are too many bytes. */
    public synchronized void remember(JobId id, Columns request) {
        evict(id);
        packed.put(id, request);
        bytes += request.bytes();
        while (bytes > MOST_BYTES) {
            evict(packed.keySet().iterator().next());
        }
    }

    /** Removes and returns a request. */
    public synchronized @Nullable Columns take(JobId id) {
        Columns request = packed.get(id);
        evict(id);
        return request;
    }

    /** Removes a request, if it is there. */
    public synchronized void evict(JobId id) {
        Columns before = packed.remove(id);
        if (before != null) {
            bytes -= before.bytes();
        }
    }
}
