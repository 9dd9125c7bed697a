package dev.sluice.queue;

import dev.sluice.job.Job;
import dev.sluice.route.CallPolicy;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;
import reactor.util.concurrent.Queues;

/**
 * The bounded sink of one route, for one subscription. Emits only what the subscriber has requested, so that its buffer holds a
 * job only while a request is being delivered. Emitted to by one thread.
 */
final class RouteSink {

    private static final int CHUNK = 8;

    private final Sinks.Many<Job> sink;
    private volatile CallPolicy policy;
    private volatile boolean closed;

    /** Jobs requested and not yet emitted; below zero after more requests were taken back than were open. */
    private final AtomicLong requested = new AtomicLong();

    private final Flux<Job> jobs;

    /**
     * Makes the sink.
     *
     * @param wanted called when the subscriber requests more
     * @param dropped receives jobs that were emitted after the subscriber had cancelled
     */
    RouteSink(CallPolicy policy, Runnable wanted, Consumer<Job> dropped) {
        this.policy = policy;
        sink = Sinks.many()
                .unicast()
                .onBackpressureBuffer(Queues.<Job>unbounded(CHUNK).get()); // bounded by what is requested
        jobs = sink.asFlux()
                .doOnRequest(more -> {
                    requested.getAndAccumulate(more, RouteSink::add);
                    wanted.run();
                })
                .doOnDiscard(Job.class, dropped);
    }

    Flux<Job> jobs() {
        return jobs;
    }

    /** The number of jobs requested and not yet emitted. */
    int demand() {
        return (int) Math.max(0, Math.min(Integer.MAX_VALUE, requested.get()));
    }

    /** The policy of the route's calls. */
    CallPolicy policy() {
        return policy;
    }

    /** The number of jobs emitted whose calls have not ended. */
    int underWay() {
        return (int) Math.max(0, policy.concurrency().perNode() - requested.get());
    }

    /** Whether jobs would be claimed if there were any: some are requested, and nothing protects the backend from them. */
    boolean takes() {
        return demand() > 0 && !closed;
    }

    /** Notes whether a protection lets no job of this route be started. */
    void closed(boolean value) {
        closed = value;
    }

    /** See {@link JobQueue#changed}. */
    void changed(CallPolicy next, int withdrawn) {
        policy = next;
        requested.addAndGet(-withdrawn);
    }

    /** Unlike that of Reactor, for sums below zero, too. */
    private static long add(long now, long more) {
        return now + more < now ? Long.MAX_VALUE : now + more;
    }

    /** Emits a job; false if there is no demand, and then the caller keeps it. */
    boolean emit(Job job) {
        if (requested.getAndUpdate(now -> now <= 0 ? now : now - 1) <= 0) {
            return false;
        }
        boolean taken = sink.tryEmitNext(job) == Sinks.EmitResult.OK;
        if (!taken) {
            requested.set(0); // the subscriber has cancelled
        }
        return taken;
    }

    /** Completes the stream after the jobs already emitted; false if it has ended before. */
    boolean complete() {
        return sink.tryEmitComplete() == Sinks.EmitResult.OK;
    }
}
