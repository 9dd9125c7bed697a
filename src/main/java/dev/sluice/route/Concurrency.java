package dev.sluice.route;

/**
 * How many calls of a route's backend are under way at once at most.
 *
 * @param perNode on one node, at least 1
 * @param cluster on all nodes together, at least 1; {@link Integer#MAX_VALUE} if only each node has a limit
 */
public record Concurrency(int perNode, int cluster) {

    /** So many on each node, whatever the others do. */
    public static Concurrency perNode(int most) {
        return new Concurrency(most, Integer.MAX_VALUE);
    }

    /** So many on all nodes together, which a single one may take alone. */
    public static Concurrency cluster(int most) {
        return new Concurrency(most, most);
    }

    /** Whether the nodes have one limit together rather than each its own. */
    public boolean shared() {
        return cluster != Integer.MAX_VALUE;
    }

    /** The limit as it was set. */
    public int limit() {
        return shared() ? cluster : perNode;
    }

    /** How many so many nodes have under way together at most. */
    public long together(int nodes) {
        return shared() ? cluster : (long) perNode * nodes;
    }
}
