package dev.sluice.reload;

import java.time.temporal.ChronoUnit;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.ReactiveHealthIndicator;
import reactor.core.publisher.Mono;

/** Shows how the last reload ended. Always up: with a configuration that was refused the gateway works as before. */
final class ReloadHealthIndicator implements ReactiveHealthIndicator {

    private final RouteReload reload;

    ReloadHealthIndicator(RouteReload reload) {
        this.reload = reload;
    }

    @Override
    public Mono<Health> health() {
        return Mono.fromSupplier(() -> {
            Health.Builder health = Health.up();
            RouteReload.Outcome last = reload.last();
            if (last == null) {
                return health.withDetail("reload", "none since the start").build();
            }
            health.withDetail(
                    "reloadedAt", last.at().truncatedTo(ChronoUnit.MILLIS).toString());
            ReloadReport report = last.report();
            if (report == null) {
                return health.withDetail("reload", "refused")
                        .withDetail("reason", String.valueOf(last.refusal()))
                        .build();
            }
            return health.withDetail("reload", report.changedNothing() ? "unchanged" : "changed")
                    .withDetail("waitForRestart", report.waitForRestart())
                    .build();
        });
    }
}
