package dev.sluice.queue;

import dev.sluice.job.Job;
import dev.sluice.route.CallPolicy;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/**
 * The started jobs of this node, one bounded sink for each route. <em>Demand is the concurrency limit</em>: what a reader
 * asked for and was not yet given is the room that the {@link Claimer} asks the journal for, and nothing else is.
 */
public final class JobQueue {

    private final Map<String, RouteSink> sinks = new ConcurrentHashMap<>();
    private volatile Feeder feeder = new NoFeeder();
    private volatile boolean open;

    JobQueue() {}

    /** Who fills the sinks. */
    interface Feeder {
        /** There may be something to claim, or room for it: look now. For any thread, cheap. */
        void look();

        /** There is something to claim and no room for it here: other nodes may have some. For any thread, cheap. */
        void offer(String route);

        /** Takes a job that was emitted and that nobody got. */
        void giveBack(Job job);
    }

    /** Says that jobs may have become due. For any thread; cheap, and many at once are as good as one. */
    public void nudge() {
        feeder.look();
    }

    /**
     * Says the same of one route, which spares the look if that route has no room: then its reader's next request is what
     * leads to one, and the other nodes are told, which may have some. For each accepted job.
     */
    public void nudge(CallPolicy policy) {
        RouteSink sink = sinks.get(policy.id());
        if (sink != null && sink.demand() > 0) {
            feeder.look();
        } else if (sink == null || !policy.concurrency().shared()) {
            feeder.offer(policy.id());
        } // else this node runs as many as all nodes together may
    }

    /** Says that another node has no room for jobs of a route; looks if there is some here. For any thread, cheap. */
    void offered(String route) {
        RouteSink sink = sinks.get(route);
        if (sink != null && sink.demand() > 0) {
            feeder.look();
        }
    }

    /**
     * The jobs of a route, each claimed and started; jobs come as they are asked for, mostly on the thread
     * {@code sluice-queue}, whose reader must not keep it. One reader at a time; a new one may follow it. Cancelling loses
     * nothing. Completes when this node stops claiming.
     */
    public Flux<Job> jobs(CallPolicy policy) {
        return Flux.defer(() -> {
            if (!open) {
                return Flux.empty();
            }
            RouteSink sink = new RouteSink(policy.concurrency(), this::nudge, job -> feeder.giveBack(job));
            if (sinks.putIfAbsent(policy.id(), sink) != null) {
                return Flux.error(new IllegalStateException("route " + policy.id() + " has a reader already"));
            }
            if (!open && !sink.complete()) {
                return Flux.empty(); // closed meanwhile, which found the sink already
            }
            return sink.jobs().doFinally(signal -> sinks.remove(policy.id(), sink));
        });
    }

    void feedFrom(Feeder source) {
        feeder = source;
    }

    /** From now on there may be readers. */
    void open() {
        open = true;
    }

    /** Ends all streams, each after what it was given. On the thread that emits. */
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

    /** Until there is a claimer nobody has to be told, and nothing was emitted that could come back. */
    private static final class NoFeeder implements Feeder {
        @Override
        public void look() {}

        @Override
        public void offer(String route) {}

        @Override
        public void giveBack(Job job) {
            throw new IllegalStateException("job " + job.id() + " was emitted by nobody");
        }
    }
}
