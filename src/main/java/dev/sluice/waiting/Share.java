package dev.sluice.waiting;

/** What waits for one client. For any thread. */
public final class Share {

    private final WaitingBytes all;
    private final Runnable evict;

    // Guarded by this.
    private long held;
    private long since;
    private boolean evicted;
    private boolean closed;

    Share(WaitingBytes all, Runnable evict) {
        this.all = all;
        this.evict = evict;
    }

    /** That many bytes more wait. */
    public void take(long bytes) {
        change(bytes, false);
    }

    /** The client has taken that many, or they were dropped. */
    public void give(long bytes) {
        change(-bytes, true);
    }

    /** That many bytes wait now; fewer than before are progress. */
    public void hold(long bytes) {
        long more;
        synchronized (this) {
            more = bytes - held;
        }
        if (more != 0) {
            change(more, more < 0);
        }
    }

    /** Nothing waits any more. May be repeated; whatever is taken later does not count. */
    public void close() {
        long rest;
        boolean leaving;
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            rest = held;
            held = 0;
            leaving = evicted;
        }
        all.closed(this);
        all.changed(-rest, leaving);
    }

    synchronized long held() {
        return held;
    }

    /** Since when the client has taken nothing of what waits, on the account's clock. */
    synchronized long since() {
        return since;
    }

    /** Its bytes count until whoever opened it has let go of them. False if it is about to go anyway. */
    boolean evict() {
        long rest;
        synchronized (this) {
            if (closed || evicted) {
                return false;
            }
            evicted = true;
            rest = held;
        }
        all.leave(rest);
        evict.run();
        return true;
    }

    private void change(long bytes, boolean progress) {
        boolean leaving;
        synchronized (this) {
            if (closed) {
                return;
            }
            if (progress || held == 0) {
                since = all.now();
            }
            held += bytes;
            leaving = evicted;
        }
        all.changed(bytes, leaving);
    }
}
