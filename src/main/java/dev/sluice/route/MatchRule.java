package dev.sluice.route;

import java.util.List;
import java.util.Set;
import org.springframework.http.MediaType;
import org.springframework.web.util.pattern.PathPattern;

/**
 * Which requests a route takes.
 *
 * @param path pattern of their paths
 * @param methods their methods; empty: all
 * @param conditions what else must be true of them
 * @param consumes their media types; empty: all, and none given
 */
public record MatchRule(PathPattern path, Set<String> methods, Conditions conditions, List<MediaType> consumes) {

    public MatchRule {
        methods = Set.copyOf(methods);
        consumes = List.copyOf(consumes);
    }
}
