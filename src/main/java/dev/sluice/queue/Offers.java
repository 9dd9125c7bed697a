package dev.sluice.queue;

import dev.sluice.journal.WorkQueue;
import java.time.Duration;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

/**
 * Listens for jobs that other nodes offer, because they have no demand for them.
 *
 * <p>Pipeline {@code offers}: an error is counted and restarts it after 50 ms to 1 s; offers missed meanwhile are found by the
 * claimer's regular claims. It ends only by {@link #stop}.
 */
final class Offers {

    private static final Logger LOG = LoggerFactory.getLogger(Offers.class);

    private final WorkQueue journal;
    private final QueueMeters meters;
    private final Scheduler scheduler;
    private final Disposable.Swap listening = Disposables.swap();

    Offers(WorkQueue journal, QueueMeters meters, Scheduler scheduler) {
        this.journal = journal;
        this.meters = meters;
        this.scheduler = scheduler;
    }

    /**
     * Begins to listen.
     *
     * @param taker called with the id of each offered route, on any thread, which it must not block
     */
    void start(Consumer<String> taker) {
        listening.update(
                Flux.defer(journal::offers).doOnNext(taker).retryWhen(restart()).subscribe());
    }

    void stop() {
        listening.update(Disposables.disposed());
    }

    private Retry restart() {
        return Retry.backoff(Long.MAX_VALUE, Duration.ofMillis(50))
                .maxBackoff(Duration.ofSeconds(1))
                .transientErrors(true)
                .scheduler(scheduler)
                .doBeforeRetry(signal -> {
                    meters.restarted("offers");
                    LOG.warn("Pipeline offers failed and is started again", signal.failure());
                });
    }
}
