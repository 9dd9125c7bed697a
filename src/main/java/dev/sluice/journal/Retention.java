package dev.sluice.journal;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** Erases expired jobs once a minute. */
final class Retention extends PeriodicUpkeep {

    private static final Duration PAUSE = Duration.ofMinutes(1);

    private final JournalUpkeep journal;
    private final Duration tombstones;
    private final Counter purged;

    Retention(JournalUpkeep journal, Duration tombstones, Scheduler scheduler, MeterRegistry registry) {
        super(
                "Erasing expired jobs",
                PAUSE,
                PAUSE,
                scheduler,
                Counter.builder("sluice.journal.purge.failures")
                        .description("Purges that failed and are tried again")
                        .register(registry));
        this.journal = journal;
        this.tombstones = tombstones;
        this.purged = Counter.builder("sluice.journal.purged")
                .description("Finished jobs erased after their retention")
                .register(registry);
    }

    @Override
    Mono<Void> run() {
        return journal.purge(tombstones)
                .doOnNext(count -> purged.increment(count))
                .then();
    }
}
