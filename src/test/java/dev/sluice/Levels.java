package dev.sluice;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The import rule: a package sees lower levels only, never its own level, a room of a package sees lower rooms only, and nobody
 * outside an adapter sees into it. A package or room that is not listed here breaks the rule, so that a new one has to be given
 * its place.
 */
final class Levels extends ArchCondition<JavaClass> {

    /** From the lowest. */
    private static final List<Set<String>> LEVELS = List.of(
            Set.of("http"),
            Set.of("job", "route", "waiting"),
            Set.of("journal", "backend", "representation"),
            Set.of("protection", "callbacks"),
            Set.of("queue", "events", "reload"),
            Set.of("dispatch", "ingress", "management"));

    /** The rooms of a package that has some, from the lowest; the package itself is above them. */
    private static final Map<String, List<String>> ROOMS =
            Map.of("ingress", List.of("problem", "header", "forwarded", "connection", "exchange", "reply"));

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
        if (!from.top().isEmpty() && level(from.top()) < 0 && !ALONE.contains(from.top())) {
            events.add(SimpleConditionEvent.violated(origin, origin.getName() + " is in a package without a level"));
        }
        if (ROOMS.containsKey(from.top()) && room(from) < 0) {
            events.add(SimpleConditionEvent.violated(origin, origin.getName() + " is in a room without a place"));
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
            return room(to) > room(from) ? Optional.of("only lower rooms may be imported") : Optional.empty();
        }
        if (ALONE.contains(from.top()) || ALONE.contains(to.top())) {
            return Optional.of("the demo stands alone");
        }
        if (NOT_IN_THE_FLOW.getOrDefault(from.top(), Set.of()).contains(to.top())) {
            return Optional.of(from.top() + " does not call " + to.top());
        }
        return level(to.top()) >= 0 && level(to.top()) < level(from.top())
                ? Optional.empty()
                : Optional.of("only lower levels may be imported");
    }

    /** -1 if it has none. */
    private static int level(String top) {
        int level = LEVELS.size() - 1;
        while (level >= 0 && !LEVELS.get(level).contains(top)) {
            level--;
        }
        return level;
    }

    /** The same number for all of a package that has no rooms; -1 if it has some and this is none of them. */
    private static int room(Place place) {
        List<String> rooms = ROOMS.getOrDefault(place.top(), List.of());
        return place.room().isEmpty() ? rooms.size() : rooms.indexOf(place.room());
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
        String sub = parts.length > 1 ? parts[1] : "";
        return new Place(parts[0], PORTS.contains(parts[0]) ? sub : "", ROOMS.containsKey(parts[0]) ? sub : "");
    }

    /** Where a class lives: the package below the root, the adapter in it if it is a port, the room if it has rooms. */
    private record Place(String top, String adapter, String room) {}
}
