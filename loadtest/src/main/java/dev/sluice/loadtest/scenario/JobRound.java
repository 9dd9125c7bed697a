package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.account.JobAudit;
import dev.sluice.loadtest.load.CallbackReceiver;
import dev.sluice.loadtest.load.ClosedLoop;
import dev.sluice.loadtest.load.Submitting;
import dev.sluice.loadtest.measure.Phase;
import dev.sluice.loadtest.rig.Backend;
import dev.sluice.loadtest.rig.Gateway;
import dev.sluice.loadtest.rig.Metrics;
import dev.sluice.loadtest.rig.ProcessStats;
import dev.sluice.loadtest.rig.RigException;
import dev.sluice.loadtest.rig.Started;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Submits jobs as fast as they are taken, waits until none is left, and looks at every single one. */
final class JobRound {

    /** The route of these jobs. */
    static final String ROUTE = "e2e";

    private static final String DELIVERIES = "callbacks";
    private static final Set<String> SUCCEEDED = Set.of("succeeded");
    private static final Duration LIMIT = Duration.ofMinutes(10);
    private static final Duration IDLE = Duration.ofSeconds(10);

    private final Bench bench;
    private final Gateway gateway;
    private final int jobs;
    private final String target;
    private final Map<String, String> headers;
    private final @Nullable CallbackReceiver receiver;
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
        this(bench, gateway, jobs, target, headers, null);
    }

    /** A round that ends with the last delivery: this receiver is told of the end of each job. */
    static JobRound told(Bench bench, Gateway gateway, int jobs, String target, CallbackReceiver receiver) {
        Map<String, String> headers = Map.of("Sluice-Callback", receiver.url().toString());
        return new JobRound(bench, gateway, jobs, target, headers, receiver);
    }

    private JobRound(
            Bench bench,
            Gateway gateway,
            int jobs,
            String target,
            Map<String, String> headers,
            @Nullable CallbackReceiver receiver) {
        this.bench = bench;
        this.gateway = gateway;
        this.jobs = jobs;
        this.target = target;
        this.headers = headers;
        this.receiver = receiver;
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
        Metrics before = gateway.metrics();
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
            awaitEnd(ROUTE, Kept.finished(before, ROUTE) + acceptedJobs);
            if (receiver != null) {
                awaitEnd(DELIVERIES, Kept.finished(before, DELIVERIES) + acceptedJobs);
            }
            finished = jobs / phase.seconds();
            bench.accounts().count("refused for a full queue and sent again", posts.refused());
            bench.accounts().zero("answers that were no 202", phase.failed().sum());
        }
        processor = per10000(gateway.processor().minus(gatewayBefore));
        backend = per10000(processor(called).minus(backendBefore));
        audit(paths, called, callsBefore);
        if (receiver != null) {
            auditDeliveries(paths, receiver);
        }
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

    private void auditDeliveries(List<String> paths, CallbackReceiver told) {
        long missing = 0;
        long otherwise = 0;
        long again = 0;
        for (String path : paths) {
            CallbackReceiver.Told of = told.told(path.substring(path.lastIndexOf('/') + 1));
            missing += of.deliveries() == 0 ? 1 : 0;
            otherwise += of.deliveries() > 0
                            && !(of.messages().size() == 1 && of.states().equals(SUCCEEDED))
                    ? 1
                    : 0;
            again += Math.max(0, of.deliveries() - 1);
        }
        bench.accounts().count("callbacks asked for", paths.size());
        bench.accounts().zero("callbacks not delivered", missing);
        bench.accounts().zero("callbacks that say something else than the job's state", otherwise);
        bench.accounts().count("callbacks delivered again (at least once)", again);
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
     * Waits until so many jobs of a route have ended, asking often near the end only: each question costs the gateway some time. If
     * nothing waits for a while although not all have ended, jobs are lost; the audit will say which.
     */
    private void awaitEnd(String route, long ended) throws InterruptedException {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        long idleSince = 0;
        while (true) {
            var metrics = gateway.metrics();
            long left = ended - Kept.finished(metrics, route);
            long now = System.nanoTime();
            if (left <= 0) {
                return;
            }
            boolean waiting = metrics.sum("sluice_queue_depth", "route", route)
                            + metrics.sum("sluice_queue_running", "route", route)
                    > 0;
            idleSince = waiting ? 0 : idleSince == 0 ? now : idleSince;
            if (idleSince != 0 && now - idleSince > IDLE.toNanos()) {
                bench.say(left + " jobs of the route " + route + " have not ended, and none is left");
                return;
            }
            if (now - deadline > 0) {
                throw new RigException(left + " jobs of the route " + route + " are still unfinished after "
                        + LIMIT.toMinutes() + " minutes");
            }
            Thread.sleep(left > 2_000 ? 100 : 20);
        }
    }
}
