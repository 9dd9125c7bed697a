package dev.sluice.queue;

import dev.sluice.journal.Backlog;
import dev.sluice.journal.JobReader;
import dev.sluice.route.Route;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Decides whether there is capacity for one more job, in its route's queue and on this node. Jobs that wait in the journal and
 * appends in progress count; running jobs do not. A job that is requeued needs no permit, because it was admitted before.
 * Deliveries of callbacks have as many places of their own, so that receivers that are away stop no route.
 *
 * <p>Lock-free; for any thread. A job may be counted twice for a moment while its append completes, so that the last permit may
 * be refused without need, but the capacity is never exceeded.
 */
public final class Admission {

    private final JobReader journal;
    private final long capacity;
    private final Permits node = new Permits();
    private final Permits deliveries = new Permits();
    private final Map<String, Permits> routes = new ConcurrentHashMap<>();

    Admission(JobReader journal, long capacity) {
        this.journal = journal;
        this.capacity = capacity;
    }

    /** Acquires a permit for an append; if true, {@link #leave} must be called. */
    public boolean tryEnter(Route route) {
        Permits permits = permits(route);
        if (!permits.tryEnter(
                route.admission().queue(),
                () -> journal.backlog().of(route.id()).depth())) {
            return false;
        }
        if (!whole(route).tryEnter(capacity, () -> waiting(route.isInternal()))) {
            permits.leave();
            return false;
        }
        return true;
    }

    /** Whether it is the route's queue that is full, and not only the node's; for whoever got no permit. */
    public boolean isFull(Route route) {
        return journal.backlog().of(route.id()).depth() >= route.admission().queue();
    }

    /** Whether so many deliveries wait that nothing is accepted that would cause one more. */
    public boolean isFullOfDeliveries() {
        return waiting(true) >= capacity;
    }

    /** Releases the permit when the append has ended; if it succeeded, the journal counts the job by now. */
    public void leave(Route route) {
        permits(route).leave();
        whole(route).leave();
    }

    private long waiting(boolean delivering) {
        Backlog backlog = journal.backlog();
        long waiting = backlog.of(Route.CALLBACKS).depth();
        return delivering ? waiting : Math.max(0, backlog.waiting() - waiting);
    }

    private Permits whole(Route route) {
        return route.isInternal() ? deliveries : node;
    }

    private Permits permits(Route route) {
        Permits known = routes.get(route.id());
        return known != null ? known : routes.computeIfAbsent(route.id(), id -> new Permits());
    }
}
