package dev.sluice.events;

import dev.sluice.job.JobEvent;
import dev.sluice.representation.JobJson;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/** Hands events over to listeners, each on its executor. Thread-safe. */
final class EventHandOver {

    private final Executor own;
    private final JobJson json;

    /**
     * Creates one.
     *
     * @param own for the listeners without an executor; runs one task after the other
     */
    EventHandOver(Executor own, JobJson json) {
        this.own = own;
        this.json = json;
    }

    /**
     * Hands an event over to listeners: once to each executor, whose listeners have it one after the other, whether or not one of
     * them fails.
     *
     * @param listeners may change meanwhile; who leaves before its executor comes to it may still have the event
     * @param delivered called once when all have had it, by the last executor; at once if nobody is left
     */
    void handOver(JobEvent event, Set<JobListener> listeners, Runnable delivered) {
        Map<Executor, List<JobListener>> byExecutor = new HashMap<>(8);
        for (JobListener listener : listeners) {
            Executor its = listener.executor();
            byExecutor
                    .computeIfAbsent(its == null ? own : its, executor -> new ArrayList<>())
                    .add(listener);
        }
        if (byExecutor.isEmpty()) { // the last of them has gone meanwhile
            delivered.run();
            return;
        }
        SseFrame frame = SseFrame.of(event, json);
        AtomicInteger left = new AtomicInteger(byExecutor.size());
        byExecutor.forEach((executor, some) -> executor.execute(() -> {
            try {
                tell(some, event, frame);
            } finally {
                if (left.decrementAndGet() == 0) {
                    delivered.run();
                }
            }
        }));
    }

    /** Fails after the last of them if one failed. */
    private static void tell(List<JobListener> some, JobEvent event, SseFrame frame) {
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
