package dev.sluice.loadtest.load;

import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one of many readers was sent last, and the events in it. The readers of a job are sent the same bytes, mostly one after the
 * other, so that most of what arrives need only be compared. For one thread.
 */
final class SharedReads {

    private static final int MOST_BYTES = 64 * 1024;

    private ByteBuffer bytes = ByteBuffer.allocate(1024).limit(0);
    private String idBefore = "";
    private String idAfter = "";
    private @Nullable List<Event> events;

    /**
     * The events in bytes that begin and end between two events, or null if they have to be parsed.
     *
     * @param id the last id before them, which an event without one has
     */
    @Nullable
    List<Event> find(ByteBuffer read, String id) {
        return events != null && read.equals(bytes) && id.equals(idBefore) ? events : null;
    }

    /** The last id in the bytes that were found. */
    String idAfter() {
        return idAfter;
    }

    /** Keeps what was parsed from bytes that begin and end between two events. */
    void keep(ByteBuffer read, String before, String after, List<Event> parsed) {
        if (read.remaining() > MOST_BYTES) {
            return;
        }
        if (bytes.capacity() < read.remaining()) {
            bytes = ByteBuffer.allocate(2 * read.remaining());
        }
        bytes.clear().put(read).flip();
        idBefore = before;
        idAfter = after;
        events = parsed;
    }
}
