package dev.sluice.events;

import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.journal.JobReader;
import dev.sluice.journal.Lookup;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Waits for a job on behalf of clients that asked to be answered later rather than at once (RFC 7240, 4.3). Whoever waits
 * costs one entry and one timer, and the journal is asked only when something happened.
 */
public final class JobWatch {

    private final JobReader journal;
    private final Followers followers;
    private final Scheduler scheduler;
    private final AtomicInteger waiting = new AtomicInteger();

    /**
     * Makes a watch.
     *
     * @param scheduler keeps the time
     */
    JobWatch(JobReader journal, Followers followers, EventsMeters meters, Scheduler scheduler) {
        this.journal = journal;
        this.followers = followers;
        this.scheduler = scheduler;
        meters.countWaiting(waiting::get);
    }

    /** The job as soon as it is finished or erased; at the latest after {@code atMost}, or when the node stops, as it is. */
    public Mono<Lookup> finished(JobId id, Duration atMost) {
        return until(id, Long.MAX_VALUE, atMost);
    }

    /**
     * The job as soon as it has an event after the number {@code seen} that is not {@code output}, or is finished or erased; at the latest after
     * {@code atMost}, or when the node stops, as it is. Empty if nothing is known of it; errors are those of the journal.
     */
    public Mono<Lookup> changed(JobId id, long seen, Duration atMost) {
        return until(id, seen, atMost);
    }

    private Mono<Lookup> until(JobId id, long seen, Duration atMost) {
        return Flux.<Waiter>create(sink -> follow(new Waiter(id, seen, sink), atMost), FluxSink.OverflowStrategy.LATEST)
                .concatMap(waiter -> journal.find(id).doOnNext(waiter::found), 1)
                .takeUntil(found -> isEnough(found, seen))
                .takeLast(1)
                .next();
    }

    /**
     * Follows before it looks for the first time, so that nothing happens unseen in between; and looks at least once, be
     * patience ever so short.
     */
    private void follow(Waiter waiter, Duration atMost) {
        waiting.incrementAndGet();
        followers.add(waiter);
        waiter.lookBack();
        Disposable timer = scheduler.schedule(waiter.sink::complete, atMost.toMillis(), TimeUnit.MILLISECONDS);
        waiter.sink.onDispose(() -> {
            timer.dispose();
            followers.remove(waiter);
            waiting.decrementAndGet();
        });
        if (followers.leaving()) {
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
     * One who waits. It needs not hear of every event: the last one it hears of says whether to look, and what it finds then
     * is the job with all that happened to it.
     */
    private static final class Waiter implements Follower {

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
        public long known() {
            long number = known.get();
            return number == NOT_YET ? LOOKING : number;
        }

        @Override
        public void tell(JobEvent event, Frame frame) {
            knows(event.seq());
            if (event instanceof JobEvent.Finished || (event.seq() > seen && !(event instanceof JobEvent.Emitted))) {
                lookBack();
            }
        }

        /** What it looked for, which may come late: more may have been told meanwhile. */
        void found(Lookup found) {
            if (found instanceof Lookup.Known present) {
                knows(present.job().lastSeq());
            }
        }

        private void knows(long number) {
            known.accumulateAndGet(number, Math::max);
        }

        @Override
        public void lookBack() {
            sink.next(this);
        }

        @Override
        public void sendAway() {
            sink.complete();
        }
    }
}
