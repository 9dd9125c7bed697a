package dev.sluice.loadtest.measure;

import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;

/** A stretch of a run with a name: a warm-up, a round. Ends when it is closed. */
public final class Phase implements AutoCloseable {

    private final String name;
    private final double from;
    private final Duration planned;
    private final long items;
    private final Latencies latency = new Latencies();
    private final LongAdder failed = new LongAdder();
    private final LongAdder done = new LongAdder();
    private final long begun = System.nanoTime();
    private final Runnable atEnd;
    private volatile boolean countingAccepts;
    private volatile long ended;

    /**
     * Begins one.
     *
     * @param from seconds since the run began
     * @param planned how long it is to take, or zero if that is not known
     * @param items how many things are to be done, or 0 if that is not known
     */
    public Phase(String name, double from, Duration planned, long items, Runnable atEnd) {
        this.name = name;
        this.from = from;
        this.planned = planned;
        this.items = items;
        this.atEnd = atEnd;
    }

    public String name() {
        return name;
    }

    /** Seconds since the run began. */
    public double from() {
        return from;
    }

    /** Where loads record how long each request took. */
    public Latencies latency() {
        return latency;
    }

    /** Counts an item that was done, where that is not the same as a recorded latency. */
    public LongAdder done() {
        return done;
    }

    /** Has what the gateway accepts counted as done: for a load that says what it did only in the end. */
    public void countAccepts() {
        countingAccepts = true;
    }

    /** The gateway has accepted so many. */
    void accepted(long jobs) {
        if (countingAccepts) {
            done.add(jobs);
        }
    }

    /** Where loads count answers that were not the ones expected, and requests without an answer. */
    public LongAdder failed() {
        return failed;
    }

    /** How long it took; until now if it has not ended. */
    public double seconds() {
        return ((ended == 0 ? System.nanoTime() : ended) - begun) / 1e9;
    }

    /** Seconds that are left, as far as can be told; negative if it cannot. */
    double secondsLeft(double rate, long doneSoFar) {
        if (!planned.isZero()) {
            return Math.max(0, planned.toNanos() / 1e9 - seconds());
        }
        return items > 0 && rate > 0 ? Math.max(0, items - doneSoFar) / rate : -1;
    }

    @Override
    public void close() {
        if (ended == 0) {
            ended = System.nanoTime();
            latency.total();
            atEnd.run();
        }
    }
}
