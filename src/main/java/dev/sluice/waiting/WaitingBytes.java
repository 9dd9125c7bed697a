package dev.sluice.waiting;

import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * The bytes that wait on this node to be taken by clients, and their limit. When it is exceeded, the shares whose peers
 * have taken nothing for the longest are evicted until three quarters of it are left: those who read are served, however
 * many do not. Beside them the bytes on their way from and to backends are counted, which nobody is evicted for: while there
 * are too many of both, no more is begun. For any thread.
 */
public final class WaitingBytes {

    private final long limit;
    private final LongSupplier clock;
    private final Executor executor;
    private final AtomicLong held = new AtomicLong();
    private final AtomicLong ofCalls = new AtomicLong();
    private final AtomicLong leaving = new AtomicLong(); // those of shares that were evicted and are not closed yet
    private final AtomicLong evicted = new AtomicLong();
    private final AtomicBoolean relieving = new AtomicBoolean();
    private final Set<Share> shares = ConcurrentHashMap.newKeySet();

    /**
     * Begins with none.
     *
     * @param limit bytes
     * @param clock nanoseconds that only go forward
     * @param executor evicts, which must not happen in the middle of whatever exceeded the limit
     */
    public WaitingBytes(long limit, LongSupplier clock, Executor executor) {
        this.limit = limit;
        this.clock = clock;
        this.executor = executor;
    }

    /**
     * Opens a share without any bytes, to be closed by whoever opened it.
     *
     * @param evict ends what the share belongs to, so that its bytes are freed; called once at most, on any thread, quick
     */
    public Share open(Runnable evict) {
        Share share = new Share(this, evict);
        shares.add(share);
        return share;
    }

    /** The bytes that wait. */
    public long held() {
        return held.get();
    }

    /** Whether more wait than may, so that nothing should be added that can be left out. */
    public boolean isFull() {
        return held.get() + ofCalls.get() > limit;
    }

    /**
     * Whether so much more waits than may that no body should be taken in and no call begun. That is a quarter more, so that
     * nobody is refused in the moment before stalled shares are evicted.
     */
    public boolean isExhausted() {
        return held.get() + ofCalls.get() > limit + limit / 4;
    }

    /** Counts bytes of calls of backends, or that they are gone if negative. */
    public void ofCalls(long bytes) {
        ofCalls.addAndGet(bytes);
    }

    /** The bytes on their way from and to backends. */
    public long ofCalls() {
        return ofCalls.get();
    }

    /** How many shares were evicted so far. */
    public long evicted() {
        return evicted.get();
    }

    long now() {
        return clock.getAsLong();
    }

    void changed(long bytes, boolean ofOneThatLeaves) {
        long now = held.addAndGet(bytes);
        if (ofOneThatLeaves) {
            leaving.addAndGet(bytes);
        } else if (bytes > 0 && now - leaving.get() > limit && relieving.compareAndSet(false, true)) {
            executor.execute(this::relieve);
        }
    }

    void leave(long bytes) {
        leaving.addAndGet(bytes);
    }

    void closed(Share share) {
        shares.remove(share);
    }

    private void relieve() {
        relieving.set(false);
        long now = now();
        List<Stalled> stalled = shares.stream()
                .map(share -> new Stalled(share, now - share.since()))
                .filter(waiting -> waiting.share.held() > 0)
                .sorted(Comparator.comparingLong(Stalled::nanos).reversed())
                .toList();
        for (Stalled next : stalled) {
            if (held.get() - leaving.get() <= limit - limit / 4) {
                return;
            }
            if (next.share.evict()) {
                evicted.incrementAndGet();
            }
        }
    }

    /** As it was when the order was made, which must not change meanwhile. */
    private record Stalled(Share share, long nanos) {}
}
