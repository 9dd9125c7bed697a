package dev.sluice.queue;

import dev.sluice.journal.JobReader;
import dev.sluice.route.Route;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Says whether there is a place for one more job: in its route's queue and on this node. Counts what waits in the journal
 * and the appends under way; jobs that run have left the queue. Jobs that come back to it, to be retried, take a place
 * whether or not one is free, because they were accepted.
 *
 * <p>Lock-free; for any thread. While an append completes it may for a moment be counted twice, so that the last place is
 * at times refused, but never is one given that is not there.
 */
public final class Admission {

    private final JobReader journal;
    private final long capacity;
    private final Permits node = new Permits();
    private final Map<String, Permits> routes = new ConcurrentHashMap<>();

    Admission(JobReader journal, long capacity) {
        this.journal = journal;
        this.capacity = capacity;
    }

    /** Takes a place for an append to begin now; if true, {@link #leave} has to follow. */
    public boolean tryEnter(Route route) {
        Permits permits = permits(route);
        if (!permits.tryEnter(
                route.admission().queue(),
                () -> journal.backlog().of(route.id()).depth())) {
            return false;
        }
        if (!node.tryEnter(capacity, () -> journal.backlog().waiting())) {
            permits.leave();
            return false;
        }
        return true;
    }

    /** The append ended, either way; if it succeeded the job is in the journal's count by now. */
    public void leave(Route route) {
        permits(route).leave();
        node.leave();
    }

    private Permits permits(Route route) {
        Permits known = routes.get(route.id());
        return known != null ? known : routes.computeIfAbsent(route.id(), id -> new Permits());
    }
}
