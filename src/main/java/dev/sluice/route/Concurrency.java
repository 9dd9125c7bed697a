package dev.sluice.route;

/**
 * The largest number of concurrent calls.
 *
 * @param min on one node, at least 1: the limit is found between this and {@code perNode}, which is the same if it is fixed
 * @param perNode on one node, at least {@code min}
 * @param cluster on all nodes together, at least 1; {@link Integer#MAX_VALUE} if only each node has a limit
 */
public record Concurrency(int min, int perNode, int cluster) {

    /** A limit of each node, independent of the others. */
    public static Concurrency perNode(int most) {
        return new Concurrency(most, most, Integer.MAX_VALUE);
    }

    /** A limit of each node that is found between two bounds. */
    public static Concurrency between(int min, int max) {
        return new Concurrency(min, max, Integer.MAX_VALUE);
    }

    /** A limit of all nodes together, which a single node may use alone. */
    public static Concurrency cluster(int most) {
        return new Concurrency(most, most, most);
    }

    /** Whether the nodes share one limit. */
    public boolean shared() {
        return cluster != Integer.MAX_VALUE;
    }

    /** Whether the limit is found between two bounds. */
    public boolean adaptive() {
        return min < perNode;
    }

    /** The limit as configured; the largest if it is found. */
    public int limit() {
        return shared() ? cluster : perNode;
    }

    /** The limit of that number of nodes together; the largest if it is found. */
    public long together(int nodes) {
        return shared() ? cluster : (long) perNode * nodes;
    }
}
