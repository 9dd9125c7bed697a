package dev.sluice;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The import rule: a package sees lower levels only, never its own level, and nobody outside an adapter sees into it. A
 * package that is not listed here has no level and breaks the rule, so that a new one has to be given its place.
 */
final class Levels extends ArchCondition<JavaClass> {

    private static final Map<String, Integer> LEVELS = Map.of(
            "job",
            0,
            "route",
            0,
            "waiting",
            0,
            "journal",
            1,
            "backend",
            1,
            "queue",
            2,
            "events",
            2,
            "dispatch",
            3,
            "ingress",
            3,
            "management",
            3);

    /** Packages whose subpackages are adapters; those know each other as little as others know them. */
    private static final Set<String> PORTS = Set.of("journal", "backend");

    /** The subpackage of a port that is beneath its adapters. */
    private static final String CORE = "core";

    /** Arrows that the levels allow but the flow does not have: only attempts and synchronous routes call a backend. */
    private static final Map<String, Set<String>> NOT_IN_THE_FLOW = Map.of(
            "queue", Set.of("backend"),
            "events", Set.of("backend"),
            "management", Set.of("backend"));

    /** Programs beside the gateway: they import nothing of it and nothing imports them. */
    private static final Set<String> ALONE = Set.of("demo");

    private final String root;

    /** The rule for the packages below {@code root}. */
    Levels(String root) {
        super("only import from lower levels of " + root);
        this.root = root;
    }

    @Override
    public void check(JavaClass origin, ConditionEvents events) {
        Place from = place(origin);
        if (!from.top().isEmpty() && !LEVELS.containsKey(from.top()) && !ALONE.contains(from.top())) {
            events.add(SimpleConditionEvent.violated(origin, origin.getName() + " is in a package without a level"));
        }
        for (Dependency dependency : origin.getDirectDependenciesFromSelf()) {
            JavaClass target = dependency.getTargetClass().getBaseComponentType();
            if (target.getPackageName().equals(root) || target.getPackageName().startsWith(root + ".")) {
                objection(from, place(target))
                        .ifPresent(why -> events.add(
                                SimpleConditionEvent.violated(dependency, why + ": " + dependency.getDescription())));
            }
        }
    }

    /** Why the one may not import the other. */
    private static Optional<String> objection(Place from, Place to) {
        if (!to.adapter().isEmpty() && !from.equals(to) && !isCoreOf(from, to)) {
            return Optional.of("nobody imports an adapter");
        }
        if (from.top().equals(to.top())) {
            return Optional.empty();
        }
        if (ALONE.contains(from.top()) || ALONE.contains(to.top())) {
            return Optional.of("the demo stands alone");
        }
        if (NOT_IN_THE_FLOW.getOrDefault(from.top(), Set.of()).contains(to.top())) {
            return Optional.of(from.top() + " does not call " + to.top());
        }
        int level = LEVELS.getOrDefault(from.top(), Integer.MIN_VALUE);
        return LEVELS.getOrDefault(to.top(), Integer.MAX_VALUE) < level
                ? Optional.empty()
                : Optional.of("only lower levels may be imported");
    }

    /** What the adapters of a port share is beneath them, and nobody else's. */
    private static boolean isCoreOf(Place from, Place to) {
        return to.adapter().equals(CORE)
                && from.top().equals(to.top())
                && !from.adapter().isEmpty();
    }

    private Place place(JavaClass type) {
        String below =
                type.getPackageName().equals(root) ? "" : type.getPackageName().substring(root.length() + 1);
        String[] parts = below.split("\\.", 3);
        return new Place(parts[0], PORTS.contains(parts[0]) && parts.length > 1 ? parts[1] : "");
    }

    /** Where a class lives: the package below the root, and the adapter in it if it is a port. */
    private record Place(String top, String adapter) {}
}
