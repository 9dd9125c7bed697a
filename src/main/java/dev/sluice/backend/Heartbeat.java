package dev.sluice.backend;

/**
 * The heartbeat of a running attempt: whether its backend may have seen it, where the backend may report progress, and
 * when it last did. The timeout of the call starts anew with each report. Not a record, because the URL is a credential and must not be printed. For any thread.
 */
public final class Heartbeat {

    private final String progressUrl;
    private volatile boolean sent;
    private volatile long lastBeat = System.nanoTime();

    /** Begins with an attempt, whose start is the first beat. */
    public Heartbeat(String progressUrl) {
        this.progressUrl = progressUrl;
    }

    /** The backend reported progress. */
    public void beat() {
        lastBeat = System.nanoTime();
    }

    String progressUrl() {
        return progressUrl;
    }

    /** Something of the request may leave now. */
    public void sent() {
        sent = true;
    }

    /** Whether the backend may have seen the request. */
    public boolean isSent() {
        return sent;
    }

    /** When it last beat, by {@link System#nanoTime}. */
    long lastBeat() {
        return lastBeat;
    }
}
