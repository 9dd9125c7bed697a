package dev.sluice.journal;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;

/**
 * Erases expired jobs once a minute. A purge that fails is logged, counted and retried a minute later; while one takes
 * longer, the next is skipped.
 */
final class Retention implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(Retention.class);
    private static final Duration PAUSE = Duration.ofMinutes(1);

    private final JournalUpkeep journal;
    private final Duration tombstones;
    private final Scheduler scheduler;
    private final Counter purged;
    private final Counter failures;
    private volatile Disposable running = () -> {};
    private volatile boolean started;

    Retention(JournalUpkeep journal, Duration tombstones, Scheduler scheduler, MeterRegistry registry) {
        this.journal = journal;
        this.tombstones = tombstones;
        this.scheduler = scheduler;
        this.purged = Counter.builder("sluice.journal.purged")
                .description("Finished jobs erased after their retention")
                .register(registry);
        this.failures = Counter.builder("sluice.journal.purge.failures")
                .description("Purges that failed and are tried again")
                .register(registry);
    }

    @Override
    public void start() {
        started = true;
        running = Flux.interval(PAUSE, scheduler)
                .onBackpressureDrop()
                .concatMap(tick -> purge(), 1)
                .subscribe();
    }

    @Override
    public void stop() {
        started = false;
        running.dispose();
    }

    @Override
    public boolean isRunning() {
        return started;
    }

    private Flux<Long> purge() {
        return Flux.defer(() -> journal.purge(tombstones))
                .doOnNext(count -> purged.increment(count))
                .onErrorResume(error -> {
                    log.warn("Erasing expired jobs failed and will be tried again: {}", error.getMessage());
                    failures.increment();
                    return Flux.empty();
                });
    }
}
