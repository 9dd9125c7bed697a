package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.account.JobAudit;
import dev.sluice.loadtest.load.ClosedLoop;
import dev.sluice.loadtest.load.Submitting;
import dev.sluice.loadtest.measure.Phase;
import dev.sluice.loadtest.rig.Backend;
import dev.sluice.loadtest.rig.Gateway;
import dev.sluice.loadtest.rig.ProcessStats;
import dev.sluice.loadtest.rig.RigException;
import dev.sluice.loadtest.rig.Started;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Submits jobs as fast as they are taken, waits until none is left, and looks at every single one. */
final class JobRound {

    /** The route of these jobs. */
    static final String ROUTE = "e2e";

    private static final Duration LIMIT = Duration.ofMinutes(10);
    private static final Duration IDLE = Duration.ofSeconds(10);

    private final Bench bench;
    private final Gateway gateway;
    private final int jobs;
    private final String target;
    private final Map<String, String> headers;
    private double accepted;
    private double finished;
    private double processor;
    private double backend;

    /**
     * A round of so many.
     *
     * @param target path and query that are posted to, on the route {@link #ROUTE}
     * @param headers of each request, beside the usual ones
     */
    JobRound(Bench bench, Gateway gateway, int jobs, String target, Map<String, String> headers) {
        this.bench = bench;
        this.gateway = gateway;
        this.jobs = jobs;
        this.target = target;
        this.headers = headers;
    }

    /** Fails unless the end of its jobs can be seen. */
    static void requireManagement(Gateway gateway) {
        if (gateway.management().isEmpty()) {
            throw new UsageException("the end of the jobs is read from the management listener: --management URL");
        }
    }

    /** Jobs a second until the last 202. */
    double accepted() {
        return accepted;
    }

    /** Jobs a second until the last was stored. */
    double finished() {
        return finished;
    }

    /** Seconds of processor time of the gateway for 10,000 jobs. */
    double processor() {
        return processor;
    }

    /** The same of the backend. */
    double backend() {
        return backend;
    }

    /** Does it; the phase has the latencies of the 202s. */
    Phase run(String name) throws Exception {
        Backend called = bench.backend();
        Optional<Backend.Calls> callsBefore = called.calls();
        long endedBefore = Kept.finished(gateway.metrics(), ROUTE);
        Duration gatewayBefore = gateway.processor();
        Duration backendBefore = processor(called);
        List<String> paths = new ArrayList<>(jobs);
        Phase phase = bench.phase(name, jobs);
        long acceptedJobs;
        try (phase) {
            Submitting posts = new Submitting(gateway.base(), target, headers, phase, paths::add);
            new ClosedLoop(List.of(gateway.base()), bench.get(Common.CONNECTIONS)).run(posts, jobs, LIMIT);
            accepted = jobs / phase.seconds();
            acceptedJobs = posts.accepted();
            awaitEnd(endedBefore + acceptedJobs);
            finished = jobs / phase.seconds();
            bench.accounts().count("refused for a full queue and sent again", posts.refused());
            bench.accounts().zero("answers that were no 202", phase.failed().sum());
        }
        processor = per10000(gateway.processor().minus(gatewayBefore));
        backend = per10000(processor(called).minus(backendBefore));
        audit(paths, called, callsBefore);
        return phase;
    }

    private void audit(List<String> paths, Backend called, Optional<Backend.Calls> before) throws Exception {
        JobAudit.Found found = JobAudit.look(List.of(gateway.base()), paths);
        found.settle(bench.accounts());
        found.examples().forEach(example -> bench.say("  not in order: " + example));
        if (before.isEmpty()) {
            bench.note("Calls were not counted: the backend is not the demo backend of this run.");
            return;
        }
        Backend.Calls calls = called.calls().orElseThrow().since(before.get());
        bench.accounts().zero("jobs that never reached the backend", Math.max(0, paths.size() - calls.jobs()));
        bench.accounts().zero("calls beyond one a job", calls.calls() - calls.jobs());
    }

    private double per10000(Duration used) {
        return used.toNanos() / 1e9 * 10_000 / jobs;
    }

    private static Duration processor(Backend called) {
        return called.process()
                .flatMap(Started::stats)
                .map(ProcessStats::processor)
                .orElse(Duration.ZERO);
    }

    /**
     * Waits until so many have ended, asking often near the end only: each question costs the gateway some time. If
     * nothing waits for a while although not all have ended, jobs are lost; the audit will say which.
     */
    private void awaitEnd(long ended) throws InterruptedException {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        long idleSince = 0;
        while (true) {
            var metrics = gateway.metrics();
            long left = ended - Kept.finished(metrics, ROUTE);
            long now = System.nanoTime();
            if (left <= 0) {
                return;
            }
            boolean waiting = metrics.sum("sluice_queue_depth", "route", ROUTE)
                            + metrics.sum("sluice_queue_running", "route", ROUTE)
                    > 0;
            idleSince = waiting ? 0 : idleSince == 0 ? now : idleSince;
            if (idleSince != 0 && now - idleSince > IDLE.toNanos()) {
                bench.say(left + " jobs have not ended, and none is left");
                return;
            }
            if (now - deadline > 0) {
                throw new RigException(left + " jobs are still unfinished after " + LIMIT.toMinutes() + " minutes");
            }
            Thread.sleep(left > 2_000 ? 100 : 20);
        }
    }
}
