package dev.sluice.reload;

import dev.sluice.route.Route;
import dev.sluice.route.RouteChange;
import java.util.List;

/**
 * What a reload did.
 *
 * @param routes number of routes that apply now
 * @param added ids of routes that are new
 * @param removed ids of routes that are gone
 * @param changed ids of routes whose settings are not as before
 * @param waitForRestart names of other settings that are not as they were at the start, and take effect with the next one
 */
public record ReloadReport(
        int routes, List<String> added, List<String> removed, List<String> changed, List<String> waitForRestart) {

    static ReloadReport of(int routes, RouteChange change, List<String> waitForRestart) {
        return new ReloadReport(
                routes, ids(change.added()), ids(change.removed()), ids(change.changed()), waitForRestart);
    }

    /** Whether all routes are as before. */
    boolean changedNothing() {
        return added.isEmpty() && removed.isEmpty() && changed.isEmpty();
    }

    private static List<String> ids(List<Route> routes) {
        return routes.stream().map(Route::id).toList();
    }
}
