package dev.sluice.backend;

/**
 * The heartbeat of a running attempt: whether its backend may have seen it, where the backend may report progress and send a later
 * answer, and when it last reported. The timeout of the call starts anew with each report. Not a record, because the URLs are
 * credentials and must not be printed. For any thread.
 */
public final class Heartbeat {

    private final String progressUrl;
    private final String completionUrl;
    private volatile boolean sent;
    private volatile long lastBeat = System.nanoTime();

    /**
     * Begins with an attempt, whose start is the first beat.
     *
     * @param progressUrl where the backend may report progress
     * @param completionUrl where it may send its answer later
     */
    public Heartbeat(String progressUrl, String completionUrl) {
        this.progressUrl = progressUrl;
        this.completionUrl = completionUrl;
    }

    /** The backend reported progress. */
    public void beat() {
        lastBeat = System.nanoTime();
    }

    String progressUrl() {
        return progressUrl;
    }

    String completionUrl() {
        return completionUrl;
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
