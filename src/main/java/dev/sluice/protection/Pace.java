package dev.sluice.protection;

/**
 * When calls may start so that they follow each other in even intervals: the generic cell rate algorithm (ITU-T I.371). A start
 * that comes late, because a claim takes its time, may be made up for by up to half an interval or 10 ms, so that the rate is
 * reached; two starts are never closer than that. Not thread-safe. Times are in nanoseconds of the same clock.
 */
final class Pace {

    private static final long LONGEST_LATENESS = 10_000_000;

    /** So long that nothing depends on it, and that it can be added to an instant. */
    private static final long FOREVER = Long.MAX_VALUE / 4;

    /** When the next call would be due if all followed in even intervals. */
    private long due = Long.MIN_VALUE;

    /** How many calls may start now, at most {@code burst}. */
    long room(long now, long interval, int burst) {
        long credit = now - dueFrom(now, interval) + times(burst - 1, interval);
        return credit < 0 ? 0 : Math.min(burst, 1 + credit / interval);
    }

    /** When one more may start than now, if none is started until then; {@link Long#MAX_VALUE} if {@code burst} may start now. */
    long next(long now, long interval, int burst) {
        long room = room(now, interval, burst);
        return room >= burst ? Long.MAX_VALUE : dueFrom(now, interval) - times(burst - 1 - room, interval);
    }

    void started(int calls, long now, long interval) {
        due = dueFrom(now, interval) + times(calls, interval);
    }

    private long dueFrom(long now, long interval) {
        return Math.max(due, now - Math.min(interval / 2, LONGEST_LATENESS));
    }

    private static long times(long calls, long interval) {
        return calls > FOREVER / interval ? FOREVER : calls * interval;
    }
}
