package dev.sluice.loadtest.measure;

import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * A stretch of time in at most twenty pieces of equal length, each with its durations: as many as tell the noise, however long
 * the run is. Begins with pieces of a second and joins neighbours when there are too many.
 */
public final class Slices {

    private static final int MOST = 20;
    private static final double LEAST_SECONDS = 0.5;

    private final List<Slice> done = new ArrayList<>();
    private int perSlice = 1;
    private int open;
    private Slice current = new Slice(Latencies.histogram(), 0);

    private record Slice(Histogram histogram, double seconds) {
        Slice plus(Slice other) {
            Histogram sum = histogram.copy();
            sum.add(other.histogram);
            return new Slice(sum, seconds + other.seconds);
        }
    }

    void add(Histogram interval, double seconds) {
        current = current.plus(new Slice(interval, seconds));
        open += seconds >= LEAST_SECONDS ? 1 : 0; // what is left at an end is added to what follows
        if (open < perSlice) {
            return;
        }
        done.add(current);
        current = new Slice(Latencies.histogram(), 0);
        open = 0;
        if (done.size() > MOST) {
            halve();
        }
    }

    private void halve() {
        List<Slice> joined = new ArrayList<>();
        int even = done.size() - done.size() % 2;
        for (int i = 0; i < even; i += 2) {
            joined.add(done.get(i).plus(done.get(i + 1)));
        }
        if (even < done.size()) {
            current = done.get(even);
            open = perSlice;
        }
        done.clear();
        done.addAll(joined);
        perSlice *= 2;
    }

    Slices copy() {
        Slices copy = new Slices();
        copy.done.addAll(done);
        copy.perSlice = perSlice;
        copy.open = open;
        copy.current = current;
        return copy;
    }

    /** Records a second, by each slice. */
    public List<Double> rates() {
        return done.stream()
                .map(slice -> slice.histogram().getTotalCount() / slice.seconds())
                .toList();
    }

    /** A percentile in milliseconds, by each slice that has any record. */
    public List<Double> millis(double percentile) {
        return done.stream()
                .filter(slice -> slice.histogram().getTotalCount() > 0)
                .map(slice -> Latencies.millis(slice.histogram(), percentile))
                .toList();
    }
}
