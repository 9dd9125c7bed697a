package dev.sluice.loadtest.load;

import java.util.Set;

/**
 * An event of a stream.
 *
 * @param id empty if it had none
 * @param at when its last byte was here, by {@link System#nanoTime}
 */
public record Event(String id, String type, String data, long at) {

    private static final Set<String> FINAL = Set.of("succeeded", "failed", "cancelled");

    /** The same event, as another reader has read it. */
    Event readAt(long nanos) {
        return new Event(id, type, data, nanos);
    }

    /** Whether it is the last one of a job. */
    public boolean isFinal() {
        return FINAL.contains(type);
    }
}
