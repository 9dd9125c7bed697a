package dev.sluice.queue;

import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The holds of routes: a held route starts no job, because its backend asked for that. For any thread. */
final class RouteHolds {

    private final Map<String, Instant> ends = new ConcurrentHashMap<>();

    /** Holds a route; of several holds the latest end counts. */
    void hold(String route, Instant until) {
        ends.merge(route, until, (known, asked) -> asked.isAfter(known) ? asked : known);
    }

    /** When the hold of a route ends; null if nothing holds it. */
    @Nullable
    Instant until(String route, Instant now) {
        Instant end = ends.get(route);
        if (end == null || end.isAfter(now)) {
            return end;
        }
        ends.remove(route, end);
        return null;
    }

    /** When the next hold ends; {@link Instant#MAX} if there is none. */
    Instant nextEnd(Instant now) {
        if (ends.isEmpty()) {
            return Instant.MAX;
        }
        ends.values().removeIf(end -> !end.isAfter(now));
        return ends.values().stream().min(Instant::compareTo).orElse(Instant.MAX);
    }
}
