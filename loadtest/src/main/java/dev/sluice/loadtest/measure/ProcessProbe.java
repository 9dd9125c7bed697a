package dev.sluice.loadtest.measure;

import dev.sluice.loadtest.rig.ProcessStats;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Processor time, memory, threads, descriptors and disk writes of a process. */
public final class ProcessProbe implements Probe {

    private static final double MIB = 1024 * 1024;

    private final String name;
    private final boolean whole;
    private final Supplier<Optional<ProcessStats>> stats;
    private @Nullable ProcessStats last;

    /**
     * Looks at one.
     *
     * @param whole false for the processor time alone
     */
    public ProcessProbe(String name, boolean whole, Supplier<Optional<ProcessStats>> stats) {
        this.name = name;
        this.whole = whole;
        this.stats = stats;
    }

    @Override
    public void sample(Timeline timeline, double seconds) {
        ProcessStats now = stats.get().orElse(null);
        ProcessStats before = last;
        last = now;
        if (now == null) {
            return;
        }
        boolean same = before != null && now.processor().compareTo(before.processor()) >= 0; // not restarted
        if (same) {
            double used = now.processor().minus(before.processor()).toNanos() / 1e9;
            timeline.add(Charts.PROCESSOR, "cores", name, used / seconds);
        }
        if (!whole) {
            return;
        }
        timeline.add(Charts.MEMORY, "MiB", "resident", now.resident() / MIB);
        timeline.add(Charts.THREADS, "", "threads", now.threads());
        if (now.descriptors() >= 0) {
            timeline.add(Charts.THREADS, "", "descriptors", now.descriptors());
        }
        if (same && now.written() >= 0) {
            timeline.add(Charts.WRITES, "MiB/s", name, (now.written() - before.written()) / MIB / seconds);
        }
    }
}
