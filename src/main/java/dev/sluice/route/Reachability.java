package dev.sluice.route;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** Checks whether a route can be reached although others precede it. */
final class Reachability {

    private static final Pattern REST = Pattern.compile("\\{\\*[^}]*}$");
    private static final Pattern SEGMENT = Pattern.compile("(?<=/)(\\*|\\{[^:{}*]+})(?=/|$)");
    private static final Pattern NAMED = Pattern.compile("\\{[^:{}*]+:");

    private Reachability() {}

    /**
     * Refuses a route that can never be reached.
     *
     * @param earlier the routes that precede it
     * @throws ConfigurationException if they take all its methods on the same paths, under no further conditions
     */
    static void require(Route route, List<Route> earlier) {
        Set<String> taken = new HashSet<>();
        String shape = shape(route);
        for (Route other : earlier) {
            if (!shape(other).equals(shape)
                    || !other.match().conditions().include(route.match().conditions())) {
                continue;
            }
            taken.addAll(other.match().methods());
            boolean all = other.match().methods().isEmpty();
            if (all
                    || (!route.match().methods().isEmpty()
                            && taken.containsAll(route.match().methods()))) {
                throw new ConfigurationException(
                        "sluice.routes." + route.id() + ".path",
                        route.match().path().getPatternString(),
                        "a pattern, methods or conditions of its own: route '" + other.id()
                                + "' takes these requests, so this one would never be reached");
            }
        }
    }

    /** The pattern without the names of its variables: patterns of the same shape match the same paths. */
    private static String shape(Route route) {
        String pattern = route.match().path().getPatternString();
        String rest = REST.matcher(pattern).replaceFirst("**");
        return NAMED.matcher(SEGMENT.matcher(rest).replaceAll("{}")).replaceAll("{:");
    }
}
