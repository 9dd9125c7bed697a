package dev.sluice.loadtest.account;

import dev.sluice.loadtest.load.Event;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What was told of a job, event by event, so that it can be compared with what is told of it later. Used by one thread at a time. */
public final class Trail {

    private static final Pattern AT = Pattern.compile("\"at\"\\s*:\\s*\"([^\"]+)\"");

    private long hash;
    private String end = "";

    /** Takes the next event. */
    public synchronized void saw(Event event) {
        Matcher at = AT.matcher(event.data());
        hash = hash * 1_000_003 + (event.id() + event.type() + (at.find() ? at.group(1) : "")).hashCode();
        if (event.isFinal()) {
            end = end + event.type();
        }
    }

    /** The type of the final event; empty if there was none, and several words together if there were several. */
    public synchronized String end() {
        return end;
    }

    /** Whether another reader was told the same, event by event, at the same times. */
    public boolean same(Trail other) {
        return other.fingerprint() == fingerprint();
    }

    private synchronized long fingerprint() {
        return hash;
    }
}
