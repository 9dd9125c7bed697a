package dev.sluice.management;

import dev.sluice.journal.JournalUpkeep;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.ReactiveHealthIndicator;
import reactor.core.publisher.Mono;

/** Whether the journal can write: a gateway whose journal cannot is alive but not ready. */
final class JournalHealthIndicator implements ReactiveHealthIndicator {

    private final JournalUpkeep journal;

    JournalHealthIndicator(JournalUpkeep journal) {
        this.journal = journal;
    }

    @Override
    public Mono<Health> health() {
        return Mono.fromSupplier(() -> {
            dev.sluice.journal.Health health = journal.health();
            Health.Builder builder = health.up() ? Health.up() : Health.down();
            return builder.withDetail("journal", health.detail()).build();
        });
    }
}
