package dev.sluice.loadtest.measure;

import dev.sluice.loadtest.rig.Metrics;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What the gateway's own meters say: jobs, heap, pauses, syncs of its journal. */
public final class GatewayProbe implements Probe {

    private static final double MIB = 1024 * 1024;

    private final Supplier<Metrics> metrics;
    private final int every;
    private final LongConsumer accepted;
    private double sinceLast;
    private int skipped;
    private @Nullable Metrics last;

    /**
     * Looks at one.
     *
     * @param every how many seconds lie between two scrapes, each of which costs the gateway some milliseconds
     * @param accepted is told how many jobs were accepted since the last one
     */
    public GatewayProbe(Supplier<Metrics> metrics, int every, LongConsumer accepted) {
        this.metrics = metrics;
        this.every = every;
        this.accepted = accepted;
        this.skipped = every;
    }

    @Override
    public void sample(Timeline timeline, double seconds) {
        sinceLast += seconds;
        if (++skipped < every) {
            return;
        }
        skipped = 0;
        Metrics before = last;
        last = null; // if the next line fails, there is nothing to compare with
        Metrics now = metrics.get();
        last = now;
        timeline.add(Charts.QUEUE, "jobs", "waiting", now.sum("sluice_queue_depth"));
        timeline.add(Charts.QUEUE, "jobs", "running", now.sum("sluice_queue_running"));
        timeline.add(Charts.QUEUE, "jobs", "not yet due", now.sum("sluice_queue_delayed"));
        timeline.add(Charts.MEMORY, "MiB", "heap used", now.sum("jvm_memory_used_bytes", "area", "heap") / MIB);
        if (before != null) {
            rates(timeline, before, now, sinceLast);
        }
        sinceLast = 0;
    }

    private void rates(Timeline timeline, Metrics before, Metrics now, double seconds) {
        Rate rate = new Rate(before, now, seconds);
        if (rate.of("sluice_accepted_total") < 0) {
            return; // it was restarted
        }
        accepted.accept(Math.round(rate.of("sluice_accepted_total") * seconds));
        timeline.add(Charts.THROUGHPUT, "1/s", "accepted", rate.of("sluice_accepted_total"));
        timeline.add(Charts.THROUGHPUT, "1/s", "finished", rate.of("sluice_jobs_finished_total"));
        timeline.add(Charts.RETRIES, "1/s", "retried", rate.of("sluice_jobs_retried_total"));
        timeline.add(Charts.RETRIES, "1/s", "refused", rate.of("sluice_refused_total"));
        timeline.add(Charts.PAUSES, "ms/s", "in all", rate.of("jvm_gc_pause_seconds_sum") * 1e3);
        timeline.add(Charts.SYNCS, "1/s", "journal", rate.of("sluice_journal_commits_seconds_count", "synced", "true"));
    }

    private record Rate(Metrics before, Metrics now, double seconds) {
        double of(String name, String... labels) {
            return (now.sum(name, labels) - before.sum(name, labels)) / seconds;
        }
    }
}
