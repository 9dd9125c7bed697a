package dev.sluice.events;

import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.journal.Answer;
import dev.sluice.journal.JobReader;
import dev.sluice.journal.Lookup;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.Predicate;
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

    /**
     * The job as soon as it is finished or erased; at the latest after {@code atMost}, or when the node stops, as it is. Empty, at
     * once, if the job is unknown.
     */
    public Mono<Lookup> finished(JobId id, Duration atMost) {
        return changed(id, Long.MAX_VALUE, atMost);
    }

    /**
     * The job as soon as it has an event after the number {@code seen} that is not {@code output}, or is finished or erased;
     * at the latest after {@code atMost}, or when the node stops, as it is. Empty, at once, if the job is unknown. Errors are
     * those of the journal, where one that is unavailable is read again for half a minute, but not beyond {@code atMost}.
     */
    public Mono<Lookup> changed(JobId id, long seen, Duration atMost) {
        return until(
                id,
                event -> event instanceof JobEvent.Finished
                        || (event.seq() > seen && !(event instanceof JobEvent.Emitted)),
                atMost,
                this::find,
                found -> isEnough(found, seen));
    }

    /**
     * How the answer to a job stands as soon as that is enough; at the latest after {@code atMost}, or when the node stops, as it
     * is. Otherwise as {@link #changed}.
     */
    public Mono<AnswerStanding> answer(JobId id, Predicate<AnswerStanding> enough, Duration atMost) {
        return until(
                id,
                event -> !(event instanceof JobEvent.Reported || event instanceof JobEvent.Accepted),
                atMost,
                this::standing,
                enough);
    }

    private Mono<Lookup> find(Waiter waiter) {
        return journal.find(waiter.job()).doOnNext(waiter::found);
    }

    private Mono<AnswerStanding> standing(Waiter waiter) {
        return find(waiter).flatMap(found -> {
            AnswerStanding none = new AnswerStanding(found, null);
            return AnswerStanding.mayBeAnswered(found)
                    ? journal.answer(waiter.job())
                            .flatMap(stored -> standing(waiter, found, stored))
                            .defaultIfEmpty(none)
                    : Mono.just(none);
        });
    }

    /** A job that has finished between the two queries is queried again. */
    private Mono<AnswerStanding> standing(Waiter waiter, Lookup found, Answer stored) {
        AnswerStanding standing = AnswerStanding.of(found, stored);
        return stored.complete() && !standing.isEnded()
                ? find(waiter).map(later -> AnswerStanding.of(later, stored))
                : Mono.just(standing);
    }

    private <T> Mono<T> until(
            JobId id,
            Predicate<JobEvent> matters,
            Duration atMost,
            Function<Waiter, Mono<T>> query,
            Predicate<T> enough) {
        return Flux.<Waiter>create(
                        sink -> listen(new Waiter(id, matters, sink), atMost), FluxSink.OverflowStrategy.LATEST)
                .concatMap(
                        waiter -> query.apply(waiter)
                                .retryWhen(WhileAway.retry(scheduler, waiter::isWaiting))
                                .map(Optional::of)
                                .defaultIfEmpty(Optional.empty()),
                        1)
                .takeUntil(found -> found.isEmpty() || enough.test(found.get()))
                .takeLast(1)
                .next()
                .flatMap(Mono::justOrEmpty);
    }

    /**
     * Listens before the first query, so that no event is missed in between; and queries at least once, however short
     * {@code atMost} is.
     */
    private void listen(Waiter waiter, Duration atMost) {
        meters.waiterCame();
        multicaster.add(waiter);
        waiter.catchUp();
        Disposable timer = scheduler.schedule(waiter::end, atMost.toMillis(), TimeUnit.MILLISECONDS);
        waiter.sink.onDispose(() -> {
            timer.dispose();
            multicaster.remove(waiter);
            meters.waiterLeft();
        });
        if (multicaster.isDisconnecting()) {
            waiter.end();
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
    static final class Waiter implements JobListener {

        private static final long NOT_YET = -1;

        private final JobId job;
        private final Predicate<JobEvent> matters;
        private final FluxSink<Waiter> sink;
        private final AtomicLong known = new AtomicLong(NOT_YET);
        private volatile boolean waiting = true;
        private volatile boolean asked;

        Waiter(JobId job, Predicate<JobEvent> matters, FluxSink<Waiter> sink) {
            this.job = job;
            this.matters = matters;
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
            if (matters.test(event)) {
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
            asked = true;
            sink.next(this);
        }

        @Override
        public void disconnect() {
            end();
        }

        /**
         * The wait is over, but for a query that is under way, or the first: when the node stops at the moment in which the wait
         * begins, the job is not unknown because nobody has looked.
         */
        void end() {
            waiting = false;
            if (!asked) {
                catchUp();
            }
            sink.complete();
        }

        boolean isWaiting() {
            return waiting;
        }
    }
}
