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

/** All routes, and which of them takes a request. Immutable. */
public final class RouteTable {

    private final Map<String, Route> byId = new LinkedHashMap<>();
    private final List<Route> bySpecificity;

    /** Of each of these. */
    private final List<PathMatcher> paths;

    /**
     * Takes the routes in the order of the file, which decides between equally specific patterns.
     */
    public RouteTable(Collection<Route> routes) {
        for (Route route : routes) {
            byId.put(route.id(), route);
        }
        bySpecificity = new ArrayList<>(routes);
        // A stable sort: equally specific ones keep the file's order. (compareTo would go on to compare the texts.)
        bySpecificity.sort(Comparator.comparing(route -> route.match().path(), PathPattern.SPECIFICITY_COMPARATOR));
        paths = bySpecificity.stream()
                .map(route -> new PathMatcher(route.match().path()))
                .toList();
    }

    /** What the table says of a request. */
    public sealed interface Match {
        /** This route takes it. */
        record Found(Route route) implements Match {}

        /** The path belongs to routes that take other methods only: these. */
        record OtherMethods(Set<String> allowed) implements Match {}

        /** No route has this path, or none whose conditions are met. */
        record None() implements Match {}
    }

    /** What the table looks at of a request. */
    public interface RequestHead {
        /** The method as sent, for methods are case-sensitive (RFC 9110, 9.1). */
        String method();

        /** The path as sent, without the query. */
        String path();

        /** The host that the request is for, perhaps with a port; null if it names none. */
        @Nullable
        String host();

        /** The values of a field, one for each of its lines; the name's case does not matter. */
        List<String> headers(String name);
    }

    /** The most specific route that takes the path, the method and what it has conditions for. */
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
            if (Overlap.exists(route.match().path(), ownPath)) {
                throw new ConfigurationException(
                        "sluice.routes." + route.id() + ".path",
                        route.match().path().getPatternString(),
                        "a pattern that matches neither " + ownPath + " nor anything below it, where jobs are served");
            }
        }
    }

    /**
     * Refuses routes whose requests would by themselves wait longer than a client may ask for.
     *
     * @throws ConfigurationException naming such a route
     */
    public void requireWaitUpTo(Duration maxWait) {
        for (Route route : all()) {
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

    /** All routes in the order of the file. */
    public Collection<Route> all() {
        return byId.values();
    }
}
