package dev.sluice.route;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.springframework.web.util.pattern.PathPattern;

/** All routes; finds the one that takes a request. Immutable. */
public final class RouteTable {

    static final RouteTable EMPTY = new RouteTable(List.of());

    private final Map<String, Route> byId = new LinkedHashMap<>();
    private final List<Route> taking; // requests, in the order of the file
    private final List<Route> bySpecificity;

    /** The matchers of these routes, in the same order. */
    private final List<PathMatcher> paths;

    /**
     * Makes the table from routes in the order of the file, which decides between equally specific patterns.
     */
    public RouteTable(Collection<Route> routes) {
        this(routes, List.of());
    }

    private RouteTable(Collection<Route> routes, Collection<InternalRoute> internal) {
        for (Route route : routes) {
            byId.put(route.id(), route);
        }
        internal.forEach(own -> byId.put(own.route().id(), own.route()));
        taking = List.copyOf(routes);
        bySpecificity = new ArrayList<>(routes);
        // A stable sort: equally specific patterns keep the file's order. (compareTo would compare their texts.)
        bySpecificity.sort(Comparator.comparing(route -> route.match().path(), PathPattern.SPECIFICITY_COMPARATOR));
        paths = bySpecificity.stream()
                .map(route -> new PathMatcher(route.match().path()))
                .toList();
    }

    /** The same table with routes of the gateway's own, which no request matches. */
    RouteTable with(Collection<InternalRoute> internal) {
        return internal.isEmpty() ? this : new RouteTable(taking, internal);
    }

    /** The result of a match. */
    public sealed interface Match {
        /** This route takes the request. */
        record Found(Route route) implements Match {}

        /** Routes match the path, but take these other methods only. */
        record OtherMethods(Set<String> allowed) implements Match {}

        /** No route matches path and conditions. */
        record None() implements Match {}
    }

    /** The parts of a request on which a match depends. */
    public interface RequestHead {
        /** The method as sent; methods are case-sensitive (RFC 9110, 9.1). */
        String method();

        /** The path as sent, without the query. */
        String path();

        /** The host that the request is for, perhaps with a port; null if it names none. */
        @Nullable
        String host();

        /** The values of a field, one per field line; the name is case-insensitive. */
        List<String> headers(String name);
    }

    /** The most specific route that matches path, method and conditions. */
    public Match match(RequestHead head) {
        RawPath path = RawPath.of(head.path());
        Set<String> allowed = null;
        for (int i = 0; i < paths.size(); i++) {
            MatchRule rule = bySpecificity.get(i).match();
            if (paths.get(i).matches(path) && rule.conditions().metBy(head)) {
                if (rule.methods().isEmpty() || rule.methods().contains(head.method())) {
                    return new Match.Found(bySpecificity.get(i));
                }
                allowed = allowed == null ? new TreeSet<>() : allowed;
                allowed.addAll(rule.methods());
            }
        }
        return allowed == null ? new Match.None() : new Match.OtherMethods(allowed);
    }

    /**
     * Refuses routes that can never be reached, because others with the same paths take all their methods.
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
     * @param served what is served there
     * @throws ConfigurationException naming such a route
     */
    public void requireApartFrom(String ownPath, String served) {
        for (Route route : taking) {
            if (Overlap.exists(route.match().path(), ownPath)) {
                throw new ConfigurationException(
                        "sluice.routes." + route.id() + ".path",
                        route.match().path().getPatternString(),
                        "a pattern that matches neither " + ownPath + " nor anything below it, where " + served
                                + " are served");
            }
        }
    }

    /**
     * Refuses routes whose default wait is longer than the longest wait of a client.
     *
     * @throws ConfigurationException naming such a route
     */
    public void requireWaitUpTo(Duration maxWait) {
        for (Route route : taking) {
            Duration wait = route.admission().defaultWait();
            if (wait.compareTo(maxWait) > 0) {
                throw new RouteKeys(route.id())
                        .wrong(
                                "wait",
                                RouteReader.text(wait),
                                "at most sluice.ingress.max-wait, which is " + RouteReader.text(maxWait));
            }
        }
    }

    /** The route of that id. */
    public Optional<Route> byId(String id) {
        return Optional.ofNullable(byId.get(id));
    }

    /** All routes in the order of the file, then those of the gateway's own. */
    public Collection<Route> all() {
        return byId.values();
    }
}
