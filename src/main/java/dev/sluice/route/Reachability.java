package dev.sluice.route;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** Whether a route can be reached although others are asked before it. */
final class Reachability {

    private static final Pattern REST = Pattern.compile("\\{\\*[^}]*}$");
    private static final Pattern SEGMENT = Pattern.compile("(?<=/)(\\*|\\{[^:{}*]+})(?=/|$)");
    private static final Pattern NAMED = Pattern.compile("\\{[^:{}*]+:");

    private Reachability() {}

    /**
     * Refuses a route that is never reached.
     *
     * @param earlier the routes that are asked before it
     * @throws ConfigurationException if they take every method it takes, on the same paths, and have no conditions but
     *     its own
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

    /** What a pattern matches, whatever its variables are called: two of one shape match the same paths. */
    private static String shape(Route route) {
        String pattern = route.match().path().getPatternString();
        String rest = REST.matcher(pattern).replaceFirst("**");
        return NAMED.matcher(SEGMENT.matcher(rest).replaceAll("{}")).replaceAll("{:");
    }
}
