package dev.sluice.management;

import dev.sluice.protection.Hold;
import dev.sluice.protection.Holds;
import dev.sluice.protection.Pause;
import dev.sluice.protection.Pauses;
import dev.sluice.route.CurrentRoutes;
import java.time.Clock;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.ReactiveHealthIndicator;
import reactor.core.publisher.Mono;

/** Which routes are paused or held. Always up: a node that waits for a backend or an operator is healthy. */
final class HoldsHealthIndicator implements ReactiveHealthIndicator {

    private final CurrentRoutes routes;
    private final Pauses pauses;
    private final Holds holds;
    private final Clock clock;

    HoldsHealthIndicator(CurrentRoutes routes, Pauses pauses, Holds holds, Clock clock) {
        this.routes = routes;
        this.pauses = pauses;
        this.holds = holds;
        this.clock = clock;
    }

    @Override
    public Mono<Health> health() {
        return Mono.fromSupplier(() -> {
            Health.Builder health = Health.up();
            Instant now = clock.instant();
            routes.all().forEach(route -> {
                Map<String, Object> details = new LinkedHashMap<>();
                addPause(details, route.id());
                addHolds(details, holds.of(route.id(), now));
                if (!details.isEmpty()) {
                    health.withDetail(route.id(), details);
                }
            });
            return health.build();
        });
    }

    private void addPause(Map<String, Object> details, String route) {
        Pause pause = pauses.of(route);
        if (pause != null) {
            details.put("pausedAt", ManagementJson.text(pause.at()));
            String note = pause.note();
            if (note != null) {
                details.put("note", note);
            }
        }
    }

    private static void addHolds(Map<String, Object> details, List<Hold> held) {
        if (!held.isEmpty() && held.get(0).caller() == null) {
            details.put("heldUntil", ManagementJson.text(held.get(0).until()));
        }
        long callers = held.stream().filter(hold -> hold.caller() != null).count();
        if (callers > 0) {
            details.put("heldCallers", callers);
        }
    }
}
