package dev.sluice.events;

import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The listeners of one job that have their events on the same executor, so that an event is handed over without looking at each of
 * them. There are few executors: those of a job are an array, which is replaced when one comes or goes. The set may be changed by any
 * thread meanwhile.
 */
record LoopListeners(Executor executor, Set<JobListener> listeners) {

    private static final LoopListeners[] NONE = {};

    /** With one listener more; null for none so far. */
    static LoopListeners[] with(LoopListeners @Nullable [] present, Executor executor, JobListener listener) {
        LoopListeners[] all = present == null ? NONE : present;
        for (LoopListeners some : all) {
            if (some.executor.equals(executor)) {
                some.listeners.add(listener);
                return all;
            }
        }
        LoopListeners[] more = Arrays.copyOf(all, all.length + 1);
        more[all.length] = new LoopListeners(executor, ConcurrentHashMap.newKeySet(1));
        more[all.length].listeners.add(listener);
        return more;
    }

    /** Without a listener; null if it was the last. */
    static LoopListeners @Nullable [] without(LoopListeners[] present, JobListener listener) {
        LoopListeners[] left = present;
        for (LoopListeners some : present) {
            if (some.listeners.remove(listener) && some.listeners.isEmpty()) {
                left = Arrays.stream(present)
                        .filter(other -> !other.executor.equals(some.executor))
                        .toArray(LoopListeners[]::new);
            }
        }
        return left.length == 0 ? null : left;
    }

    static void forEach(LoopListeners[] all, Consumer<JobListener> action) {
        for (LoopListeners some : all) {
            some.listeners.forEach(action);
        }
    }
}
