package dev.sluice.backend;

/**
 * What ties an attempt that runs to its job: where its backend may report progress, and when it last did, from when on the
 * route's timeout counts anew. Not a record: the URL entitles to report and is not to be printed. For any thread.
 */
public final class Lifeline {

    private final String progressUrl;
    private volatile long lastSign = System.nanoTime();

    /** Begins with an attempt. */
    public Lifeline(String progressUrl) {
        this.progressUrl = progressUrl;
    }

    /** The backend reported. */
    public void sign() {
        lastSign = System.nanoTime();
    }

    String progressUrl() {
        return progressUrl;
    }

    /** By {@link System#nanoTime}. */
    long lastSign() {
        return lastSign;
    }
}
