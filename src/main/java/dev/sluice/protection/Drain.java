package dev.sluice.protection;

import dev.sluice.route.CallPolicy;
import java.time.Clock;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Whether an operator drains this node: it takes no new work and starts no job, while jobs that run go on and everything can be
 * read. Of this node only, and until it is restarted. For any thread.
 */
public final class Drain implements Protection {

    private final Changes changes;
    private final Clock clock;
    private volatile @Nullable Instant since;

    Drain(Changes changes, Clock clock) {
        this.changes = changes;
        this.clock = clock;
    }

    /** Begins to drain; does nothing if it has begun. */
    public synchronized void begin() {
        if (since == null) {
            since = clock.instant();
            changes.signal();
        }
    }

    /** Takes work again. */
    public synchronized void end() {
        since = null;
        changes.signal();
    }

    /** Since when the node is drained; null if it is not. */
    public @Nullable Instant since() {
        return since;
    }

    @Override
    public boolean protects(CallPolicy policy) {
        return true;
    }

    @Override
    public Opening opening(CallPolicy policy, int underWay, Instant now) {
        return since == null ? Opening.FREE : Opening.closedUntil(Instant.MAX);
    }
}
