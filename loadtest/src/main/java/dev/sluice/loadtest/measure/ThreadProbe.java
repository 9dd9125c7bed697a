package dev.sluice.loadtest.measure;

import dev.sluice.loadtest.rig.Started;
import dev.sluice.loadtest.rig.ThreadTimes;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * Processor time of a gateway by what its threads are for. Those of the compiler come and go: what one used in the second in
 * which it ended is not seen.
 */
public final class ThreadProbe implements Probe {

    private final Supplier<Optional<Started>> process;
    private final Map<String, Double> last = new HashMap<>();
    private final Map<String, Double> sums = new TreeMap<>();
    private long pid;

    /** Looks at the process that is there now. */
    public ThreadProbe(Supplier<Optional<Started>> process) {
        this.process = process;
    }

    @Override
    public synchronized void sample(Timeline timeline, double seconds) {
        Map<String, Double> before = new TreeMap<>(sums);
        millis().forEach((work, millis) -> timeline.add(
                Charts.THREAD_TIMES, "cores", work, (millis - before.getOrDefault(work, 0.0)) / 1e3 / seconds));
    }

    /** Milliseconds so far, by work. */
    public synchronized Map<String, Double> millis() {
        process.get().ifPresent(started -> {
            if (started.pid() != pid) {
                last.clear();
                pid = started.pid();
            }
            ThreadTimes.of(pid).forEach((thread, one) -> {
                double now = one.processor().toMillis();
                Double earlier = last.put(thread, now);
                sums.merge(one.work(), Math.max(0, now - (earlier == null ? 0 : earlier)), Double::sum);
            });
        });
        return new TreeMap<>(sums);
    }
}
