package dev.sluice.protection;

import dev.sluice.journal.SharedValues;
import java.time.Duration;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.util.retry.Retry;

/**
 * Runs a task whenever shared values changed, and another one every 10 s, until it is closed.
 *
 * <p>Two pipelines of the given name: an error of either is counted and restarts it after 50 ms to 1 s.
 */
final class SharedFollower {

    private static final Logger LOG = LoggerFactory.getLogger(SharedFollower.class);
    private static final Duration PERIOD = Duration.ofSeconds(10);

    private final String name;
    private final Consumer<String> restarted;
    private final Disposable.Composite pipelines = reactor.core.Disposables.composite();

    /**
     * Begins to follow.
     *
     * @param look reads {@link SharedValues#shared}; on a thread of the journal
     * @param tidy on a parallel thread
     * @param restarted told the name after an error
     */
    SharedFollower(String name, SharedValues values, Runnable look, Runnable tidy, Consumer<String> restarted) {
        this.name = name;
        this.restarted = restarted;
        Scheduler timer = Schedulers.parallel();
        pipelines.add(again(Flux.defer(values::sharedValues).doOnNext(all -> look.run())));
        pipelines.add(again(Flux.interval(PERIOD, timer).onBackpressureDrop().doOnNext(tick -> tidy.run())));
    }

    void close() {
        pipelines.dispose();
    }

    private Disposable again(Flux<?> pipeline) {
        return pipeline.retryWhen(Retry.backoff(Long.MAX_VALUE, Duration.ofMillis(50))
                        .maxBackoff(Duration.ofSeconds(1))
                        .transientErrors(true)
                        .filter(error -> !pipelines.isDisposed())
                        .doBeforeRetry(signal -> {
                            restarted.accept(name);
                            LOG.warn("Pipeline {} failed and is started again", name, signal.failure());
                        }))
                .subscribe(next -> {}, error -> LOG.debug("Pipeline {} has ended", name, error));
    }
}
