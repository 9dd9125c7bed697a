package dev.sluice.protection;

import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The number of concurrent calls that a backend of unknown capacity bears: the largest for which they take about as long as when
 * few are made. Follows TCP Vegas (Brakmo and Peterson, 1995), which compares the latency under load with the latency without a
 * queue, and in measuring the latter anew at times, with fewer calls, BBR (Cardwell et al., 2016).
 *
 * <p>Latencies are compared in windows that end when the difference is certain, as in a sequential test (Wald, 1945): after
 * about ten calls that take equally long, after up to 256 if each takes a different time. While calls take less than 1.57 times
 * as long as the reference, the limit grows: it doubles until calls take longer for the first time, later it grows by steps that
 * double up to a quarter. When they take longer, it returns to the level before; when they still do, it shrinks towards what
 * Little's law says. It grows and shrinks only while it is used. Refused calls and timeouts have it shrink at once, and for
 * 16 windows it stays below a level that led to them.
 *
 * <p>After every 300 latencies or so, a <em>dip</em> halves the limit for a few latencies. If calls are as long as before, they
 * were not queued: their latency becomes part of the reference, which so follows requests that take longer than they used to. If
 * they are shorter by half of what a queue would explain, the limit stays where it is. Nodes with a common clock dip together,
 * at multiples of a power of two of seconds, because the calls of one among several say little; they halve it again until calls
 * do not become shorter any more. A node that is alone dips soon when the limit has shrunk to a half.
 *
 * <p>In a simulation with virtual time (the test of this class; a backend of 4, 16, 2 and 8 workers in turn) the limit is found
 * within 300 service times, and from then on more than 90 % of what the best fixed limit reaches is answered, by one node with a
 * limit of at most 1.6 times the workers, by three together with up to six times, as a rule twice. Requests of which some take a
 * hundred times as long as the others cost one node up to 20 %. Of Netflix's concurrency-limits 0.5.4, Gradient2 kept the
 * limit at three to twenty times the workers there, or with a tolerance of 1.2 at less than a fifth of them, because it follows
 * the latency that it causes; Vegas, which trusts the shortest of all latencies, at less than half where they vary.
 *
 * <p>Not thread-safe. Times are in microseconds of the same clock.
 */
final class AdaptiveLimit {

    /** Logarithm of the tolerated ratio of a latency to the reference. */
    private static final double TOLERATED = 0.45;

    /** How many standard errors the latency must be above, and below, what is tolerated. */
    private static final double SURELY_ABOVE = 2.5;

    private static final double SURELY_BELOW = 1;

    /** Ratio to the reference that the limit shrinks to. */
    private static final double AIM = 1.35;

    /** Calls of a window after which the likelier decision is made, and calls that the reference stands for. */
    private static final int MANY = 256;

    private static final int WINDOWS_BELOW_REFUSAL = 16;
    private static final double LATENCIES_BETWEEN_DIPS = 300;
    private static final double FEW_LATENCIES = 75;
    private static final double URGENT_LATENCIES = 16;
    private static final long SHORTEST_BETWEEN_DIPS = 1_000_000;

    private final int min;
    private final int max;
    private final IntSupplier nodes;

    private double level;
    private double step = 1;
    private boolean doubling = true;
    private double highest;

    /** The level before the last growth, while nothing is known of the new one; 0 if there is none. */
    private double proven;

    private double refusedAt = Double.MAX_VALUE;
    private int windowsBelow;

    private @Nullable Latencies reference;
    private @Nullable Latencies atLevel;
    private Latencies window = new Latencies();
    private double nextLook;
    private double used;
    private long drops;
    private double typical;
    private long changed;
    private long settled;

    /** The level before the dip; 0 without one. */
    private double beforeDip;

    private long dipEnd;
    private long lastDip;
    private boolean wasUsed;

    /** A dip has to show soon whether the limit is too low. */
    private boolean urgent;

    /** A dip has to show soon whether the limit is too high. */
    private boolean suspect;

    /** This dip follows one that showed a queue. */
    private boolean deeper;

    /**
     * Starts at the minimum.
     *
     * @param nodes how many nodes share the backend
     */
    AdaptiveLimit(int min, int max, IntSupplier nodes) {
        this.min = min;
        this.max = max;
        this.nodes = nodes;
        level = min;
        highest = min;
        restart(0, 0);
    }

    int limit() {
        return (int) Math.max(min, Math.min(max, Math.ceil(level - 1e-9)));
    }

    /** A call was answered; so many were under way. */
    void answered(long now, long latency, int underWay) {
        typical = typical == 0 ? latency : typical + 0.05 * (latency - typical);
        if (now >= settled) {
            window.add(latency);
            used += Math.min(1, (double) underWay / limit());
        }
        if (!refused(now) && !dipped(now) && now >= settled && window.count() >= nextLook) {
            look(now);
        }
    }

    /** A call was refused, or never answered, because there were too many. */
    void dropped(long now, long latency) {
        if (now - latency >= changed) { // begun at this level
            drops++;
            if (!refused(now)) {
                dipped(now);
            }
        }
    }

    /** Shrinks, if enough calls were dropped. */
    private boolean refused(long now) {
        if (drops < 3 || drops * 10 < window.count() + drops) {
            return false;
        }
        double tried = Math.max(level, beforeDip);
        double bears = proven;
        if (proven == 0) {
            long time = now - changed;
            if (time < 2 * typical || (window.count() < 8 && time < 4 * typical)) {
                return false;
            }
            double carried = window.sum() / Math.max(1, now - Math.max(changed, settled));
            bears = tried * within(0.5, 0.95, 1.1 * carried / tried);
            highest = bears;
        }
        beforeDip = 0;
        refusedAt = tried;
        windowsBelow = WINDOWS_BELOW_REFUSAL;
        proven = 0;
        step = 1;
        doubling = false;
        change(now, bears);
        return true;
    }

    private void look(long now) {
        nextLook = Math.max(16, window.count() * 1.5);
        Latencies low = reference;
        if (low == null) {
            reference = window.copy();
            grow(now, 2 * level);
            return;
        }
        double rise = window.riseFrom(low);
        double error = window.errorFrom(low);
        boolean above = rise - TOLERATED > SURELY_ABOVE * error && window.count() >= Math.max(12, limit());
        if (!above && TOLERATED - rise <= SURELY_BELOW * error) {
            if (window.count() < Math.max(MANY, limit())) {
                return;
            }
            above = rise - TOLERATED > error;
        }
        wasUsed = isUsed();
        if (rise < -3 * error - 0.05) {
            reference = window.copy();
        } else if (limit() == min || (doubling && !above)) {
            low.add(window, MANY);
        }
        if (!wasUsed) {
            restart(now, 0);
        } else if (above) {
            above(now, rise, low);
        } else {
            below(now);
        }
    }

    private boolean isUsed() {
        return window.count() == 0 ? wasUsed : used / window.count() > 0.75;
    }

    private void above(long now, double rise, Latencies low) {
        Latencies before = atLevel;
        if (urgent && before != null) {
            before.add(window, 2 * MANY);
            restart(now, 0);
            return;
        }
        atLevel = window.copy();
        boolean alone = nodes.getAsInt() == 1;
        if (alone && limit() == min) { // less is not possible, so this is no queue
            reference = window.copy();
            doubling = true;
            highest = level;
            grow(now, 2 * level);
            return;
        } else if (!alone && limit() <= Math.max(min, highest / 4)) {
            low.add(
                    window,
                    2 * window.count()); // more likely that requests take longer than that so little capacity is left
            suspect = true;
        }
        doubling = false;
        step = 1;
        if (proven > 0) {
            double back = proven;
            proven = 0;
            change(now, back);
        } else if (alone && level <= highest / 2 && limit() > min) {
            urgent = true;
            restart(now, 0);
        } else {
            double bears = Math.max(Math.exp(TOLERATED / 2 - rise), AIM * low.mean() / window.mean());
            change(now, level * within(0.5, 0.95, bears));
        }
    }

    private void below(long now) {
        atLevel = window.copy();
        urgent = false;
        if (windowsBelow > 0 && --windowsBelow == 0) {
            refusedAt = Double.MAX_VALUE;
        }
        if (doubling) {
            grow(now, 2 * level);
        } else {
            double by = step;
            step = Math.min(2 * step, Math.max(1, level / 4));
            grow(now, level + by);
        }
    }

    private void grow(long now, double wanted) {
        double to = Math.min(max, Math.min(wanted, Math.max(level, refusedAt - 1)));
        proven = to > level ? level : 0;
        change(now, to);
    }

    /** Begins or ends a dip if that is due; whether one is in progress or has just ended. */
    private boolean dipped(long now) {
        Latencies low = reference;
        if (low == null) {
            return false;
        } else if (beforeDip > 0) {
            if (now >= dipEnd || enoughInDip(low)) {
                endDip(now, low);
            }
            return true;
        } else if (now / betweenDips(low) * betweenDips(low) <= lastDip) {
            return false;
        }
        lastDip = now;
        if (limit() == min || !wasUsed || !isUsed()) {
            return false;
        }
        beginDip(now);
        return true;
    }

    private void beginDip(long now) {
        beforeDip = level;
        level = Math.max(min, Math.floor(level / 2));
        proven = 0;
        restart(now, (long) (1.5 * typical));
        dipEnd = settled + (long) ((urgent ? 20 : 6) * typical);
    }

    private long betweenDips(Latencies low) {
        double latencies = low.count() < 100 ? FEW_LATENCIES : LATENCIES_BETWEEN_DIPS;
        if (urgent || suspect) {
            latencies = URGENT_LATENCIES;
        }
        long time = SHORTEST_BETWEEN_DIPS;
        while (time < latencies * typical) {
            time *= 2;
        }
        return time;
    }

    private boolean enoughInDip(Latencies low) {
        double calls = window.count();
        return calls >= Math.max(urgent ? 16 : 8, 4 * level)
                && (calls >= (urgent ? 128 : 32) || window.errorFrom(low) < 0.15);
    }

    private void endDip(long now, Latencies low) {
        double back = beforeDip;
        beforeDip = 0;
        suspect = false;
        Latencies before = atLevel;
        if (window.count() >= 4 && before != null) {
            double fell = -window.riseFrom(before);
            double ofQueue = Math.log(back / level);
            double rise = window.riseFrom(low);
            boolean queued =
                    urgent ? fell > 0.4 * ofQueue : fell - ofQueue / 2 > SURELY_ABOVE * window.errorFrom(before);
            if (!queued || rise <= 0) {
                boolean other = window.count() >= 16 && Math.abs(rise) > 3 * window.errorFrom(low) + 0.02;
                if (urgent || deeper || other) {
                    reference = window.copy();
                } else {
                    low.add(window, MANY);
                }
            }
            if (queued) {
                atLevel = window.copy();
                highest = level;
                doubling = false;
                step = 1;
                if (limit() > min && nodes.getAsInt() > 1) { // perhaps still queued
                    deeper = true;
                    beginDip(now);
                } else {
                    urgent = false;
                    deeper = false;
                    restart(now, 0);
                }
                return;
            } else if (urgent) {
                back = deeper ? back : Math.max(back, highest);
                highest = back;
            }
        }
        endDips(now, back);
    }

    private void endDips(long now, double back) {
        urgent = false;
        deeper = false;
        level = back;
        restart(now, (long) typical);
    }

    private void change(long now, double to) {
        level = within(min, max, to);
        highest = Math.max(highest, level);
        restart(now, (long) typical);
    }

    /** Begins a window, after the calls have adapted to a changed level. */
    private void restart(long now, long wait) {
        changed = now;
        settled = now + wait;
        window = new Latencies();
        nextLook = Math.max(8, limit() / 2.0);
        drops = 0;
        used = 0;
    }

    private static double within(double least, double most, double value) {
        return Math.max(least, Math.min(most, value));
    }
}
