package dev.sluice.journal;

import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * How many jobs of each turn one claim may start.
 *
 * @param each of any turn that is not among the others
 * @param others of some turns, by their value; none of those with 0
 */
public record PerTurn(int each, Map<Long, Integer> others) {

    /** As many as there are. */
    public static final PerTurn ANY = new PerTurn(Integer.MAX_VALUE, Map.of());

    public PerTurn {
        others = Map.copyOf(others);
    }

    /** None of some turns, and as many as there are of the others. */
    public static PerTurn noneOf(Set<Long> turns) {
        return new PerTurn(Integer.MAX_VALUE, turns.stream().collect(Collectors.toMap(turn -> turn, turn -> 0)));
    }

    /** The most jobs of a turn. */
    public int of(long turn) {
        return others.isEmpty() ? each : others.getOrDefault(turn, each);
    }
}
