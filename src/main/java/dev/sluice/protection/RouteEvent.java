package dev.sluice.protection;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A change of how a route is treated, for operators. It is told on each node that comes to know of the change, and kept nowhere.
 *
 * @param change what changed, in lower case with hyphens
 * @param details further members by name, in order: texts, whole numbers, flags and instants
 */
public record RouteEvent(String route, Instant at, String change, Map<String, Object> details) {

    /** Copies the details. */
    public RouteEvent {
        details = Collections.unmodifiableMap(new LinkedHashMap<>(details));
    }
}
