package dev.sluice.queue;

import dev.sluice.job.Job;
import dev.sluice.route.CallPolicy;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;
import reactor.core.publisher.Sinks;
import reactor.util.concurrent.Queues;

/**
 * The bounded sink of one route, for one subscription. Emits only what the subscriber has requested, so that its buffer holds a
 * job only while a request is being delivered. Emitted to by one thread.
 */
final class RouteSink {

    private static final int SMALLEST_BUFFER = 8;

    private final Sinks.Many<Job> sink;
    private final CallPolicy policy;
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
                .onBackpressureBuffer(Queues.<Job>get(
                                Math.max(SMALLEST_BUFFER, policy.concurrency().perNode()))
                        .get());
        jobs = sink.asFlux()
                .doOnRequest(more -> {
                    requested.getAndAccumulate(more, Operators::addCap);
                    wanted.run();
                })
                .doOnDiscard(Job.class, dropped);
    }

    Flux<Job> jobs() {
        return jobs;
    }

    /** The number of jobs requested and not yet emitted. */
    int demand() {
        return (int) Math.min(Integer.MAX_VALUE, requested.get());
    }

    /** The policy of the route's calls. */
    CallPolicy policy() {
        return policy;
    }

    /** The number of jobs emitted whose calls have not ended. */
    int underWay() {
        return Math.max(0, policy.concurrency().perNode() - demand());
    }

    /** Emits a job; false if there is no demand, and then the caller keeps it. */
    boolean emit(Job job) {
        if (requested.getAndUpdate(now -> now == 0 ? 0 : now - 1) == 0) {
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
