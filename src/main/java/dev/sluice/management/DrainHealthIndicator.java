package dev.sluice.management;

import dev.sluice.protection.Drain;
import java.time.Instant;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.ReactiveHealthIndicator;
import reactor.core.publisher.Mono;

/** Whether the node takes new work: one that is being drained is alive but not ready. */
final class DrainHealthIndicator implements ReactiveHealthIndicator {

    private final Drain drain;

    DrainHealthIndicator(Drain drain) {
        this.drain = drain;
    }

    @Override
    public Mono<Health> health() {
        return Mono.fromSupplier(() -> {
            Instant since = drain.since();
            return since == null
                    ? Health.up().build()
                    : Health.outOfService()
                            .withDetail("since", ManagementJson.text(since))
                            .build();
        });
    }
}
