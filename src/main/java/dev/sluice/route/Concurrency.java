package dev.sluice.route;

/**
 * The largest number of concurrent calls.
 *
 * @param perNode on one node, at least 1
 * @param cluster on all nodes together, at least 1; {@link Integer#MAX_VALUE} if only each node has a limit
 */
public record Concurrency(int perNode, int cluster) {

    /** A limit of each node, independent of the others. */
    public static Concurrency perNode(int most) {
        return new Concurrency(most, Integer.MAX_VALUE);
    }

    /** A limit of all nodes together, which a single node may use alone. */
    public static Concurrency cluster(int most) {
        return new Concurrency(most, most);
    }

    /** Whether the nodes share one limit. */
    public boolean shared() {
        return cluster != Integer.MAX_VALUE;
    }

    /** The limit as configured. */
    public int limit() {
        return shared() ? cluster : perNode;
    }

    /** The limit of that number of nodes together. */
    public long together(int nodes) {
        return shared() ? cluster : (long) perNode * nodes;
    }
}
