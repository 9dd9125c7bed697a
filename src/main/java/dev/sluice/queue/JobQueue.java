package dev.sluice.queue;

import dev.sluice.job.Job;
import dev.sluice.route.CallPolicy;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/**
 * The claimed jobs of this node, one bounded sink per route. <em>Demand is the concurrency limit</em>: the {@link Claimer} claims
 * exactly as many jobs as the readers have requested and not yet received.
 */
public final class JobQueue {

    private final Map<String, RouteSink> sinks = new ConcurrentHashMap<>();
    private volatile Feeder feeder = new NoFeeder();
    private volatile boolean open;

    JobQueue() {}

    /** Fills the sinks. */
    interface Feeder {
        /** There may be jobs to claim, or new demand. For any thread, cheap. */
        void look();

        /** A reader of a route demands more jobs. For any thread, cheap. */
        void wanted(String route);

        /** There are jobs to claim without demand on this node: offers them to other nodes. For any thread, cheap. */
        void offer(String route);

        /** Completes a sink on the thread that emits to it. */
        void complete(RouteSink sink);

        /** Takes back a job that was emitted and not received. */
        void giveBack(Job job);
    }

    /** Signals that jobs may have become due. For any thread; cheap, and coalesced. */
    public void nudge() {
        feeder.look();
    }

    /**
     * Signals the same for one route, once for each accepted job that waits. Without demand for that route, or while its backend is protected
     * from further calls of this node, nothing is claimed until that changes, and the job is offered to the other nodes.
     */
    public void nudge(CallPolicy policy) {
        RouteSink sink = sinks.get(policy.id());
        if (sink != null && sink.takes()) {
            feeder.look();
        } else if (sink == null || !policy.concurrency().shared()) {
            feeder.offer(policy.id());
        } // else this node uses the whole limit of the cluster
    }

    /** Another node offers jobs of a route, which are claimed if there is demand here. For any thread, cheap. */
    void offered(String route) {
        RouteSink sink = sinks.get(route);
        if (sink != null && sink.takes()) {
            feeder.look();
        }
    }

    /**
     * The jobs of a route, each claimed and started, emitted on request, mostly on the thread {@code sluice-queue}, which readers
     * must not block. One subscriber at a time; another may follow. Cancelling loses no job. Completes when this node stops
     * claiming.
     */
    public Flux<Job> jobs(CallPolicy policy) {
        return Flux.defer(() -> {
            if (!open) {
                return Flux.empty();
            }
            RouteSink sink = new RouteSink(policy, () -> feeder.wanted(policy.id()), job -> feeder.giveBack(job));
            if (sinks.putIfAbsent(policy.id(), sink) != null) {
                return Flux.error(new IllegalStateException("route " + policy.id() + " has a reader already"));
            }
            if (!open && !sink.complete()) {
                return Flux.empty(); // closed meanwhile, which has completed the sink
            }
            return sink.jobs().doFinally(signal -> sinks.remove(policy.id(), sink));
        });
    }

    /**
     * The policy of a route has changed: the protections are asked about the new one from now on. A reader that may run fewer
     * jobs than before takes back requests, perhaps more than are open: then so many of its next requests count for nothing.
     *
     * @param withdrawn the number of requests that are taken back
     */
    public void changed(CallPolicy policy, int withdrawn) {
        RouteSink sink = sinks.get(policy.id());
        if (sink != null) {
            sink.changed(policy, withdrawn);
            feeder.look();
        }
    }

    /** Completes the jobs of a route that is gone after those already emitted. */
    public void end(String route) {
        RouteSink sink = sinks.remove(route);
        if (sink != null) {
            feeder.complete(sink);
        }
    }

    /** How many jobs run on this node. For any thread. */
    public int underWay() {
        return sinks.values().stream().mapToInt(RouteSink::underWay).sum();
    }

    void feedFrom(Feeder source) {
        feeder = source;
    }

    /** Admits readers. */
    void open() {
        open = true;
    }

    /** Completes all streams after the jobs already emitted. On the emitting thread only. */
    void close() {
        open = false;
        sinks.values().forEach(RouteSink::complete);
    }

    @Nullable
    RouteSink sink(String route) {
        return sinks.get(route);
    }

    Collection<Map.Entry<String, RouteSink>> sinks() {
        return sinks.entrySet();
    }

    /** Stands in until there is a claimer; nothing has been emitted that could come back. */
    private static final class NoFeeder implements Feeder {
        @Override
        public void look() {}

        @Override
        public void wanted(String route) {}

        @Override
        public void offer(String route) {}

        @Override
        public void complete(RouteSink sink) {
            sink.complete();
        }

        @Override
        public void giveBack(Job job) {
            throw new IllegalStateException("job " + job.id() + " was emitted by nobody");
        }
    }
}
