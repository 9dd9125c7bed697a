package dev.sluice.events;

import dev.sluice.job.JobEvent;
import dev.sluice.representation.JobJson;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/** Hands events over to listeners, each on its executor. Thread-safe. */
final class EventHandOver {

    private final JobJson json;

    EventHandOver(JobJson json) {
        this.json = json;
    }

    /**
     * Hands an event over to listeners: once to each executor, whose listeners have it one after the other, whether or not one of
     * them fails.
     *
     * @param listeners at least one executor's; may change meanwhile: who leaves before its executor comes to it may still have the
     *     event, who comes meanwhile may have it, too
     * @param delivered called once when all have had it, by the last executor
     */
    void handOver(JobEvent event, LoopListeners[] listeners, Runnable delivered) {
        SseFrame frame = SseFrame.of(event, json);
        AtomicInteger left = new AtomicInteger(listeners.length);
        for (LoopListeners some : listeners) {
            some.executor().execute(() -> {
                try {
                    tell(some.listeners(), event, frame);
                } finally {
                    if (left.decrementAndGet() == 0) {
                        delivered.run();
                    }
                }
            });
        }
    }

    /** Fails after the last of them if one failed. */
    private static void tell(Set<JobListener> some, JobEvent event, SseFrame frame) {
        RuntimeException failure = null;
        for (JobListener listener : some) {
            try {
                listener.onEvent(event, frame);
            } catch (RuntimeException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
