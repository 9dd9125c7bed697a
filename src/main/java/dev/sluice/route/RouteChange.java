package dev.sluice.route;

import java.util.ArrayList;
import java.util.List;

/**
 * What distinguishes two route tables. Each list is in the order of its file.
 *
 * @param added routes whose ids are new
 * @param changed routes of the new table that differ from those of the same id before
 * @param removed routes whose ids are gone
 */
public record RouteChange(List<Route> added, List<Route> changed, List<Route> removed) {

    public RouteChange {
        added = List.copyOf(added);
        changed = List.copyOf(changed);
        removed = List.copyOf(removed);
    }

    static RouteChange between(RouteTable before, RouteTable after) {
        List<Route> added = new ArrayList<>();
        List<Route> changed = new ArrayList<>();
        for (Route route : after.all()) {
            Route old = before.byId(route.id()).orElse(null);
            if (old == null) {
                added.add(route);
            } else if (!old.equals(route)) {
                changed.add(route);
            }
        }
        List<Route> removed = before.all().stream()
                .filter(route -> after.byId(route.id()).isEmpty())
                .toList();
        return new RouteChange(added, changed, removed);
    }
}
