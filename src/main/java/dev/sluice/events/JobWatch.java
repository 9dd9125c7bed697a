package dev.sluice.events;

import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.journal.JobReader;
import dev.sluice.journal.Lookup;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Waits for a job on behalf of clients that prefer to wait for the response (RFC 7240, section 4.3). A waiting client costs
 * one entry and one timer, and the journal is queried only when something happened.
 */
public final class JobWatch {

    private final JobReader journal;
    private final JobEventMulticaster multicaster;
    private final Scheduler scheduler;
    private final EventsMeters meters;

    /**
     * Creates a watch.
     *
     * @param scheduler runs the time-outs
     */
    JobWatch(JobReader journal, JobEventMulticaster multicaster, EventsMeters meters, Scheduler scheduler) {
        this.journal = journal;
        this.multicaster = multicaster;
        this.scheduler = scheduler;
        this.meters = meters;
    }

    /** The job as soon as it is finished or erased; at the latest after {@code atMost}, or when the node stops, as it is. */
    public Mono<Lookup> finished(JobId id, Duration atMost) {
        return until(id, Long.MAX_VALUE, atMost);
    }

    /**
     * The job as soon as it has an event after the number {@code seen} that is not {@code output}, or is finished or erased;
     * at the latest after {@code atMost}, or when the node stops, as it is. Empty if the job is unknown. Errors are those of
     * the journal.
     */
    public Mono<Lookup> changed(JobId id, long seen, Duration atMost) {
        return until(id, seen, atMost);
    }

    private Mono<Lookup> until(JobId id, long seen, Duration atMost) {
        return Flux.<Waiter>create(sink -> listen(new Waiter(id, seen, sink), atMost), FluxSink.OverflowStrategy.LATEST)
                .concatMap(waiter -> journal.find(id).doOnNext(waiter::found), 1)
                .takeUntil(found -> isEnough(found, seen))
                .takeLast(1)
                .next();
    }

    /**
     * Listens before the first query, so that no event is missed in between; and queries at least once, however short
     * {@code atMost} is.
     */
    private void listen(Waiter waiter, Duration atMost) {
        meters.waiterCame();
        multicaster.add(waiter);
        waiter.catchUp();
        Disposable timer = scheduler.schedule(waiter.sink::complete, atMost.toMillis(), TimeUnit.MILLISECONDS);
        waiter.sink.onDispose(() -> {
            timer.dispose();
            multicaster.remove(waiter);
            meters.waiterLeft();
        });
        if (multicaster.isDisconnecting()) {
            waiter.sink.complete();
        }
    }

    private static boolean isEnough(Lookup found, long seen) {
        return !(found instanceof Lookup.Known known) || isEnough(known.job(), seen);
    }

    private static boolean isEnough(Job job, long seen) {
        return job.state().finished() || job.changedSeq() > seen;
    }

    /**
     * A waiting client. It need not receive every event: one that matters triggers a query, which finds the job with all
     * events up to then.
     */
    private static final class Waiter implements JobListener {

        private static final long NOT_YET = -1;

        private final JobId job;
        private final long seen;
        private final FluxSink<Waiter> sink;
        private final AtomicLong known = new AtomicLong(NOT_YET);

        Waiter(JobId job, long seen, FluxSink<Waiter> sink) {
            this.job = job;
            this.seen = seen;
            this.sink = sink;
        }

        @Override
        public JobId job() {
            return job;
        }

        @Override
        public long knownSeq() {
            long number = known.get();
            return number == NOT_YET ? CATCHING_UP : number;
        }

        @Override
        public void onEvent(JobEvent event, SseFrame frame) {
            known(event.seq());
            if (event instanceof JobEvent.Finished || (event.seq() > seen && !(event instanceof JobEvent.Emitted))) {
                catchUp();
            }
        }

        /** The result of a query, which may be older than the events delivered meanwhile. */
        void found(Lookup found) {
            if (found instanceof Lookup.Known present) {
                known(present.job().lastSeq());
            }
        }

        private void known(long number) {
            known.accumulateAndGet(number, Math::max);
        }

        @Override
        public void catchUp() {
            sink.next(this);
        }

        @Override
        public void disconnect() {
            sink.complete();
        }
    }
}
