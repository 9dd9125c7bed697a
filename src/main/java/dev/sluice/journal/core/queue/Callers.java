package dev.sluice.journal.core.queue;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The callers of the waiting jobs of a route. Jobs of held ones are set aside when they are met, and returned when their
 * caller is no longer held.
 */
final class Callers {

    private final CallerTable all = new CallerTable();
    private final Set<WaitingCaller> withJobsAside = new LinkedHashSet<>();
    private final Deque<WaitingCaller> returning = new ArrayDeque<>();
    private Set<Long> held = Set.of();
    private int aside;

    /** Returns the caller of a job that begins to wait. */
    WaitingCaller enter(long value) {
        WaitingCaller caller = all.get(value);
        caller.jobs++;
        return caller;
    }

    /** A job of this caller no longer waits. */
    void leave(WaitingCaller caller) {
        if (--caller.jobs == 0) {
            all.remove(caller);
        }
    }

    /** Sets who is held; costs nothing if that is the set of the call before. */
    @SuppressWarnings("ReferenceEquality") // the same object means unchanged, at no cost
    void hold(Set<Long> callers) {
        if (callers != held) {
            held = callers;
            returning.clear();
            for (WaitingCaller caller : withJobsAside) {
                if (!callers.contains(caller.value)) {
                    returning.add(caller);
                }
            }
        }
    }

    boolean holds(WaitingCaller caller) {
        return !held.isEmpty() && held.contains(caller.value);
    }

    /** Sets a job of a held caller aside. */
    void setAside(WaitingJob job) {
        WaitingCaller caller = job.caller;
        if (caller.aside == null) {
            caller.aside = new WaitingOrder();
            withJobsAside.add(caller);
        }
        caller.aside.add(job);
        job.slot = WaitingJob.ASIDE;
        aside++;
    }

    /** Removes a job that was set aside. */
    void remove(WaitingJob job) {
        WaitingCaller caller = job.caller;
        WaitingOrder jobs = Objects.requireNonNull(caller.aside);
        jobs.remove(job);
        aside--;
        if (jobs.size() == 0) {
            caller.aside = null;
            withJobsAside.remove(caller);
        }
    }

    /** Returns a job that was set aside although its caller is not held, the first of its caller; null if there is none. */
    @Nullable
    WaitingJob returning() {
        while (!returning.isEmpty()) {
            WaitingOrder jobs = returning.getFirst().aside;
            if (jobs != null) {
                return jobs.first();
            }
            returning.removeFirst();
        }
        return null;
    }

    /** Returns the number of jobs that are set aside. */
    int aside() {
        return aside;
    }
}
