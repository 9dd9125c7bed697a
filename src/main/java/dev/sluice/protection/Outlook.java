package dev.sluice.protection;

/**
 * How fast a route's jobs can be started in the near future, for estimates.
 *
 * @param known false while nobody can say when jobs will be started again
 * @param places the most calls at once on this node
 * @param perSecond the most calls that this node starts in a second
 */
public record Outlook(boolean known, int places, double perSecond) {

    /** Without limits. */
    public static final Outlook FREE = new Outlook(true, Integer.MAX_VALUE, Double.POSITIVE_INFINITY);

    /** Nobody can say. */
    public static final Outlook UNKNOWN = new Outlook(false, 0, 0);

    Outlook and(Outlook other) {
        return new Outlook(known && other.known, Math.min(places, other.places), Math.min(perSecond, other.perSecond));
    }
}
