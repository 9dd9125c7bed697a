package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.account.EventAudit;
import dev.sluice.loadtest.load.Bodies;
import dev.sluice.loadtest.load.Client;
import dev.sluice.loadtest.load.OpenLoop;
import dev.sluice.loadtest.measure.Latencies;
import dev.sluice.loadtest.measure.Phase;
import dev.sluice.loadtest.report.Figure;
import dev.sluice.loadtest.rig.Gateway;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** How much later than the backend a reader of events is told of the end of a job. */
final class Told implements Scenario {

    private static final int WARM_UP_FACTOR = 5;
    private static final Option<Integer> NODES =
            Option.count("nodes", 1, 1, 8, "gateways on one PostgreSQL; a job is sent to one and followed at the next");

    @Override
    public String name() {
        return "told";
    }

    @Override
    public String question() {
        return "How much later than the backend is a reader of events told of the end of a job?";
    }

    @Override
    public List<Option<?>> options() {
        return List.of(Common.RATE, Common.WORK, Common.DURATION, Common.WARMUP, NODES);
    }

    @Override
    public void run(Bench bench) throws Exception {
        bench.scrapeEvery(5); // a scrape costs as much as some jobs at this rate
        int rate = bench.get(Common.RATE);
        Duration work = bench.get(Common.WORK);
        List<Gateway> gateways = gateways(bench, bench.get(NODES));
        List<URI> bases = gateways.stream().map(Gateway::base).toList();
        EventAudit audit = new EventAudit();
        try (Client client = Following.client()) {
            Following warming = new Following(client, bases, Following.target(work), work, audit);
            Duration warmUp = bench.get(Common.WARMUP);
            if (!warmUp.isZero()) {
                try (Phase phase = bench.phase("warm-up", warmUp)) {
                    warming.warmUp(rate * WARM_UP_FACTOR, warmUp, phase);
                }
            }
            floor(bench, client, work, rate);
            Following following = new Following(client, bases, Following.target(work), work, audit);
            Duration before = processor(gateways);
            Map<String, Double> threadsBefore = bench.threadMillis();
            long jobs = Math.max(1, rate * bench.get(Common.DURATION).toSeconds());
            Phase measured = bench.phase("measured", bench.get(Common.DURATION));
            try (measured) {
                following.run(rate, jobs, measured);
            }
            Duration used = processor(gateways).minus(before);
            bench.latencies("told of the end, beyond the work", measured);
            state(bench, "until the 202", following.accepted);
            state(bench, "from accepted to started", following.started);
            bench.figure(Figure.lower("processor time per job, gateway", "ms", used.toNanos() / 1e6 / jobs));
            if (gateways.size() == 1) {
                bench.threadsPerJob(threadsBefore, jobs);
            }
            bench.residentMemory(gateways.get(0));
            bench.accounts().count("accepted", jobs);
            bench.accounts().count("finished", following.succeeded.sum());
            bench.accounts().zero("not succeeded, or not told of", following.wrong.sum() + warming.wrong.sum());
            audit.settle(bench.accounts());
        }
    }

    private static List<Gateway> gateways(Bench bench, int nodes) throws InterruptedException {
        if (nodes > 1 && !bench.get(Common.JOURNAL).equals("postgres")) {
            throw new UsageException("several nodes share a PostgreSQL: --journal postgres");
        }
        List<Gateway> gateways = new ArrayList<>(List.of(bench.gateway()));
        while (gateways.size() < nodes) {
            Gateway next = bench.start(bench.rig().setup(bench.backend().base()));
            gateways.add(bench.watch("gateway-" + (gateways.size() + 1), next));
        }
        return gateways;
    }

    private static Duration processor(List<Gateway> gateways) {
        return gateways.stream().map(Gateway::processor).reduce(Duration.ZERO, Duration::plus);
    }

    /** The same request sent straight to the backend: what client, network and the backend's timer take. */
    private static void floor(Bench bench, Client client, Duration work, int rate) throws Exception {
        URI url = bench.backend().base().resolve(Following.target(work));
        Duration time =
                Duration.ofSeconds(Math.max(2, bench.get(Common.DURATION).toSeconds() / 6));
        Phase phase = bench.phase("backend alone", time);
        try (phase) {
            new OpenLoop(rate, 1_000)
                    .runFor(
                            time,
                            (number, due) -> client.post(url, Bodies.json(Bodies.USUAL))
                                    .doOnNext(status ->
                                            phase.latency().recordNanos(System.nanoTime() - due - work.toNanos())));
        }
        state(bench, "answer of the backend itself", phase.latency());
    }

    private static void state(Bench bench, String name, Latencies latencies) {
        Histogram total = latencies.total();
        bench.figure(Figure.lower(name + ", p50", "ms", Latencies.millis(total, 50)));
        bench.figure(Figure.lower(name + ", p99", "ms", Latencies.millis(total, 99)));
        bench.distribution(name, total);
    }
}
