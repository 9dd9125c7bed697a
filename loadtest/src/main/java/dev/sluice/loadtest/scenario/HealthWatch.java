package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.measure.Latencies;
import dev.sluice.loadtest.report.Figure;
import dev.sluice.loadtest.rig.Gateway;
import dev.sluice.loadtest.rig.Http;
import dev.sluice.loadtest.rig.RigException;
import java.net.URI;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.Histogram;

/** Asks the management listener five times a second whether the gateway is ready, as an orchestrator would. */
final class HealthWatch implements AutoCloseable {

    private static final String CHART = "Health";
    private static final int EVERY_MILLIS = 200;

    private final Bench bench;
    private final URI url;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(HealthWatch::daemon);
    private final Latencies latencies = new Latencies();
    private final LongAdder bad = new LongAdder();

    /**
     * Begins to ask.
     *
     * @throws UsageException if the management listener is not known
     */
    HealthWatch(Bench bench, Gateway gateway) {
        this.bench = bench;
        this.url = gateway.management()
                .orElseThrow(
                        () -> new UsageException("its health is asked at the management listener: --management URL"))
                .resolve("/actuator/health/readiness");
        thread.scheduleAtFixedRate(this::ask, 0, EVERY_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void ask() {
        long begun = System.nanoTime();
        try {
            Http.get(url);
        } catch (RigException e) {
            bad.increment();
            bench.say("  not healthy: " + e.getMessage());
        }
        long took = System.nanoTime() - begun;
        latencies.recordNanos(took);
        bench.timeline().add(CHART, "ms", "answer of the readiness endpoint", took / 1e6);
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "health");
        thread.setDaemon(true);
        return thread;
    }

    /** States how long the answers took; the gateway was promised to be ready all the time. */
    void settle() {
        Histogram total = latencies.total();
        bench.figure(Figure.lower("answer of the readiness endpoint, p99", "ms", Latencies.millis(total, 99)));
        bench.figure(Figure.lower("answer of the readiness endpoint, longest", "ms", Latencies.millis(total, 100)));
        bench.accounts().count("questions for its health", total.getTotalCount());
        bench.accounts().zero("of them not answered with ready", bad.sum());
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
