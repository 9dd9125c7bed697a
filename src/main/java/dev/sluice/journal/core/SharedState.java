package dev.sluice.journal.core;

import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.SharedValues;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/** The shared values as this node knows them, and those who follow them. Thread-safe; never waits for a follower. */
public final class SharedState {

    /** The most bytes of names and values together. */
    private static final long MOST_BYTES = 16 << 20;

    private final Map<String, byte[]> values = new HashMap<>(); // guarded by the monitor of this, as is what follows
    private @Nullable Map<String, byte[]> snapshot;
    private long bytes;
    private boolean closed;

    /** Says that there is another state; emitted with the monitor held. */
    private final Sinks.Many<Boolean> changes = Sinks.many().replay().latestOrDefault(true);

    /**
     * Rejects an update for which there is no room.
     *
     * @throws JournalUnavailableException if the values would take too many bytes together
     */
    public synchronized void admit(SharedUpdate update) {
        long more = 0;
        for (Map.Entry<String, byte[]> entry : update.put().entrySet()) {
            byte[] before = values.get(entry.getKey());
            more += SharedUpdate.bytes(entry.getKey(), entry.getValue())
                    - (before == null ? 0 : SharedUpdate.bytes(entry.getKey(), before));
        }
        if (more > 0 && bytes + more > MOST_BYTES) {
            throw new JournalUnavailableException("the shared values exceed " + MOST_BYTES + " bytes", null);
        }
    }

    /** Applies an update that is on stable storage. */
    public synchronized void apply(SharedUpdate update) {
        update.removed().forEach(this::remove);
        update.put().forEach(this::put);
        changed();
    }

    /** Replaces all values. */
    public synchronized void replace(Map<String, byte[]> all) {
        values.clear();
        bytes = 0;
        all.forEach(this::put);
        changed();
    }

    /** As {@link SharedValues#sharedValues}; emits on this scheduler. */
    @SuppressWarnings("ReferenceEquality") // a snapshot is made anew with each change
    public Flux<Map<String, byte[]>> values(Scheduler listeners) {
        Flux<Map<String, byte[]>> states = changes.asFlux()
                .onBackpressureLatest()
                .publishOn(listeners, 1)
                .map(change -> snapshot())
                .distinctUntilChanged(Function.identity(), (known, next) -> known == next);
        return Flux.defer(() -> isClosed() ? Flux.error(new IllegalStateException("the journal is closed")) : states);
    }

    /** Completes all followers. */
    public synchronized void close() {
        closed = true;
        changes.emitComplete(Sinks.EmitFailureHandler.FAIL_FAST); // does nothing the second time
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    /** As {@link SharedValues#shared}. */
    public synchronized Map<String, byte[]> snapshot() {
        Map<String, byte[]> copy = snapshot;
        if (copy == null) {
            copy = Map.copyOf(values);
            snapshot = copy;
        }
        return copy;
    }

    private void put(String name, byte[] value) {
        remove(name);
        values.put(name, value);
        bytes += SharedUpdate.bytes(name, value);
    }

    private void remove(String name) {
        byte[] before = values.remove(name);
        if (before != null) {
            bytes -= SharedUpdate.bytes(name, before);
        }
    }

    private void changed() {
        snapshot = null;
        if (!closed) {
            changes.emitNext(true, Sinks.EmitFailureHandler.FAIL_FAST);
        }
    }
}
