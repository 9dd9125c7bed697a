package dev.sluice.queue;

import dev.sluice.job.Job;
import dev.sluice.route.Concurrency;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;
import reactor.core.publisher.Sinks;
import reactor.util.concurrent.Queues;

/**
 * The bounded sink of one route, for one subscription of one reader. It remembers what the reader asked for and was not
 * given; no more than that is ever emitted, so its buffer holds a job only for the moment in which the reader's request
 * is on its way. Emitted to by one thread.
 */
final class RouteSink {

    private static final int SMALLEST_BUFFER = 8;

    private final Sinks.Many<Job> sink;
    private final int limit;
    private final AtomicLong requested = new AtomicLong();
    private final Flux<Job> jobs;

    /**
     * Makes the sink.
     *
     * @param wanted called when the reader asks for more
     * @param dropped takes jobs that were emitted and that the reader, gone meanwhile, did not get
     */
    RouteSink(Concurrency concurrency, Runnable wanted, Consumer<Job> dropped) {
        limit = concurrency.cluster();
        sink = Sinks.many()
                .unicast()
                .onBackpressureBuffer(Queues.<Job>get(Math.max(SMALLEST_BUFFER, concurrency.perNode()))
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

    /** How many jobs the reader asked for and was not given. */
    int demand() {
        return (int) Math.min(Integer.MAX_VALUE, requested.get());
    }

    /** How many jobs of the route may run at once on all nodes. */
    int limit() {
        return limit;
    }

    /** Gives the reader a job; false if it cannot take it, and then the job is still the caller's. */
    boolean emit(Job job) {
        if (requested.getAndUpdate(now -> now == 0 ? 0 : now - 1) == 0) {
            return false;
        }
        boolean taken = sink.tryEmitNext(job) == Sinks.EmitResult.OK;
        if (!taken) {
            requested.set(0); // the reader is gone, and so is what it asked for
        }
        return taken;
    }

    /** Ends the stream after what was emitted; false if it has ended before. */
    boolean complete() {
        return sink.tryEmitComplete() == Sinks.EmitResult.OK;
    }
}
