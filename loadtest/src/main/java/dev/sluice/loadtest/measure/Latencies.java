package dev.sluice.loadtest.measure;

import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/** Durations of a phase, recorded by any thread without waiting: those of the last second, and all of them. In microseconds. */
public final class Latencies {

    /** Longer ones count as this. */
    public static final long LONGEST_MICROS = TimeUnit.HOURS.toMicros(1);

    private static final int DIGITS = 3;

    private final Recorder recorder = new Recorder(LONGEST_MICROS, DIGITS);
    private final Histogram total = new Histogram(LONGEST_MICROS, DIGITS);
    private final Slices slices = new Slices();
    private long sliceBegun = System.nanoTime();

    public void recordNanos(long nanos) {
        long micros = TimeUnit.NANOSECONDS.toMicros(nanos);
        recorder.recordValue(Math.max(0, Math.min(LONGEST_MICROS, micros)));
    }

    /** Adds all of another one. */
    public synchronized void add(Latencies other) {
        Histogram all = other.total();
        total.add(all);
    }

    /** Those since the last call, which are added to the total. The sampler calls it once a second. */
    synchronized Histogram drain() {
        Histogram interval = recorder.getIntervalHistogram();
        total.add(interval);
        long now = System.nanoTime();
        slices.add(interval, (now - sliceBegun) / 1e9);
        sliceBegun = now;
        return interval;
    }

    /** All so far. */
    public synchronized Histogram total() {
        drain();
        return total.copy();
    }

    /** How many were drained so far. */
    synchronized long count() {
        return total.getTotalCount();
    }

    /** The seconds so far, as slices of which each figure can be taken. */
    public synchronized Slices slices() {
        return slices.copy();
    }

    /** A histogram for durations, of the same range and resolution. */
    public static Histogram histogram() {
        return new Histogram(LONGEST_MICROS, DIGITS);
    }

    /** A percentile in milliseconds; 0 if nothing was recorded. */
    public static double millis(Histogram histogram, double percentile) {
        return histogram.getTotalCount() == 0 ? 0 : histogram.getValueAtPercentile(percentile) / 1e3;
    }
}
