package dev.sluice.loadtest.measure;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Takes a sample a second of whatever it is told to look at, and shows the progress of the phase. A thread of its own, so
 * that it keeps its rhythm whatever the load does; a second in which it was late counts with its real length.
 */
public final class Sampler implements AutoCloseable {

    private static final long SECOND = 1_000_000_000L;

    private final Timeline timeline;
    private final Progress progress;
    private final List<Probe> probes = new CopyOnWriteArrayList<>();
    private final Thread thread = new Thread(this::run, "sampler");
    private volatile boolean open = true;
    private volatile @Nullable Phase phase;

    public Sampler(Timeline timeline, Progress progress) {
        this.timeline = timeline;
        this.progress = progress;
        thread.setDaemon(true);
    }

    public void start() {
        thread.start();
    }

    public void watch(Probe probe) {
        probes.add(probe);
    }

    public void unwatch(Probe probe) {
        probes.remove(probe);
    }

    /** Shows another phase from now on, or none. */
    public void show(@Nullable Phase next) {
        phase = next;
    }

    /** Tells the phase what the gateway has accepted. */
    public void accepted(long jobs) {
        Phase shown = phase;
        if (shown != null) {
            shown.accepted(jobs);
        }
    }

    private void run() {
        long last = System.nanoTime();
        long due = last + SECOND;
        while (open) {
            long now = System.nanoTime();
            if (now < due) {
                LockSupport.parkNanos(due - now);
                continue;
            }
            sample((now - last) / 1e9);
            last = now;
            due = Math.max(due + SECOND, System.nanoTime()); // seconds that were missed are not made up for
        }
    }

    private void sample(double seconds) {
        Phase shown = phase;
        if (shown != null) {
            latencies(shown, seconds);
        }
        for (Probe probe : probes) {
            try {
                probe.sample(timeline, seconds);
            } catch (RuntimeException e) {
                progress.note(e); // it cannot be seen now; the plot has a gap
            }
        }
    }

    private void latencies(Phase shown, double seconds) {
        Histogram interval = shown.latency().drain();
        if (interval.getTotalCount() > 0) {
            timeline.add(Charts.LATENCY, "ms", "p50", Latencies.millis(interval, 50));
            timeline.add(Charts.LATENCY, "ms", "p99", Latencies.millis(interval, 99));
            timeline.add(Charts.LATENCY, "ms", "p99.9", Latencies.millis(interval, 99.9));
        }
        if (shown.latency().count() > 0) {
            timeline.add(Charts.THROUGHPUT, "1/s", "answered", interval.getTotalCount() / seconds);
        }
        timeline.add(Charts.THROUGHPUT, "1/s", "errors", progress.show(shown, interval, seconds));
    }

    @Override
    public void close() {
        open = false;
        LockSupport.unpark(thread);
        try {
            thread.join(5_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        progress.end();
    }
}
