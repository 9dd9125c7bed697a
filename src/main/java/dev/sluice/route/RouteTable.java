package dev.sluice.route;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.springframework.http.server.PathContainer;
import org.springframework.web.util.pattern.PathPattern;

/** All routes, and which of them takes a request. Immutable. */
public final class RouteTable {

    /** Segments are compared as sent: neither decoded nor stripped of their parameters. */
    private static final PathContainer.Options AS_SENT = PathContainer.Options.create('/', false);

    private final Map<String, Route> byId = new LinkedHashMap<>();
    private final List<Route> bySpecificity;

    /**
     * Takes the routes in the order of the file, which decides between equally specific patterns.
     */
    public RouteTable(Collection<Route> routes) {
        for (Route route : routes) {
            byId.put(route.id(), route);
        }
        bySpecificity = new ArrayList<>(routes);
        // A stable sort: equally specific ones keep the file's order. (compareTo would go on to compare the texts.)
        bySpecificity.sort(Comparator.comparing(Route::path, PathPattern.SPECIFICITY_COMPARATOR));
    }

    /** What the table says of a request. */
    public sealed interface Match {
        /** This route takes it. */
        record Found(Route route) implements Match {}

        /** The path belongs to routes that take other methods only: these. */
        record OtherMethods(Set<String> allowed) implements Match {}

        /** No route has this path. */
        record None() implements Match {}
    }

    /**
     * The most specific route that takes the path and the method; the method is case-sensitive (RFC 9110, 9.1).
     *
     * @param path the path of the request; only its raw {@link PathContainer#value()} counts
     */
    public Match match(String method, PathContainer path) {
        return match(method, path.value());
    }

    /**
     * The most specific route that takes the path and the method; the method is case-sensitive (RFC 9110, 9.1).
     *
     * @param rawPath the path as sent, without the query
     */
    public Match match(String method, String rawPath) {
        PathContainer path = PathContainer.parsePath(rawPath, AS_SENT);
        Set<String> allowed = new TreeSet<>();
        for (Route route : bySpecificity) {
            if (route.path().matches(path)) {
                if (route.methods().isEmpty() || route.methods().contains(method)) {
                    return new Match.Found(route);
                }
                allowed.addAll(route.methods());
            }
        }
        return allowed.isEmpty() ? new Match.None() : new Match.OtherMethods(allowed);
    }

    /**
     * Refuses routes that no request can ever reach, because others with the same paths take all their methods.
     *
     * @throws ConfigurationException naming such a route
     */
    void requireReachable() {
        for (int later = 1; later < bySpecificity.size(); later++) {
            Reachability.require(bySpecificity.get(later), bySpecificity.subList(0, later));
        }
    }

    /**
     * Refuses routes that could take requests meant for the gateway's own paths.
     *
     * @param ownPath a path of the gateway, such as {@code /jobs}, which is served together with everything below it
     * @throws ConfigurationException naming such a route
     */
    public void requireApartFrom(String ownPath) {
        for (Route route : all()) {
            if (Overlap.exists(route.path(), ownPath)) {
                throw new ConfigurationException(
                        "sluice.routes." + route.id() + ".path",
                        route.path().getPatternString(),
                        "a pattern that matches neither " + ownPath + " nor anything below it, where jobs are served");
            }
        }
    }

    /** The route of that id. */
    public Optional<Route> byId(String id) {
        return Optional.ofNullable(byId.get(id));
    }

    /** All routes in the order of the file. */
    public Collection<Route> all() {
        return byId.values();
    }
}
