package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.account.EventAudit;
import dev.sluice.loadtest.load.Client;
import dev.sluice.loadtest.load.Rehearsal;
import dev.sluice.loadtest.measure.Latencies;
import dev.sluice.loadtest.measure.Phase;
import dev.sluice.loadtest.report.Figure;
import dev.sluice.loadtest.rig.Gateway;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** What those meet who come first, after a deploy, a scale-up or a crash. */
final class Cold implements Scenario {

    private static final Option<Integer> JOBS =
            Option.count("jobs", 10_000, 100, 10_000_000, "jobs from the start of the process on");
    private static final Option<Integer> SLICE = Option.count("slice", 1_000, 50, 1_000_000, "jobs of a slice");
    private static final Option<Duration> REHEARSAL = Option.duration(
            "rehearsal", "20s", "how long the load is warmed up on a stand-in, so that it is not cold itself");
    private static final int REHEARSAL_FACTOR = 5;
    private static final int FIRST = 100;

    @Override
    public String name() {
        return "cold";
    }

    @Override
    public String question() {
        return "What do the first requests of a fresh process cost, and how soon are they told of the end?";
    }

    @Override
    public List<Option<?>> options() {
        return List.of(JOBS, SLICE, Common.RATE, Common.WORK, REHEARSAL);
    }

    @Override
    public void run(Bench bench) throws Exception {
        if (!bench.get(Common.GATEWAY).isEmpty()) {
            throw new UsageException("a gateway that runs already is not cold: without --gateway");
        }
        Duration work = bench.get(Common.WORK);
        EventAudit audit = new EventAudit();
        try (Client client = Following.client()) {
            rehearse(bench, client, work);
            bench.scrapeEvery(5); // a scrape costs a cold gateway as much as some jobs
            Gateway gateway = bench.gateway();
            bench.figure(
                    Figure.lower("ready after the start", "ms", gateway.ready().toMillis()));
            List<URI> base = List.of(gateway.base());
            Following following = new Following(client, base, Following.target(work), work, audit);
            Latencies fromHundredth = new Latencies();
            Map<String, Double> threadsBefore = bench.threadMillis();
            slices(bench, gateway, following, fromHundredth);
            bench.threadsPerJob(threadsBefore, bench.get(JOBS));
            bench.figure(Figure.lower(
                    "told of the end from the hundredth on, p50", "ms", Latencies.millis(fromHundredth.total(), 50)));
            bench.figure(Figure.lower(
                    "told of the end from the hundredth on, p99", "ms", Latencies.millis(fromHundredth.total(), 99)));
            bench.distribution("told of the end from the hundredth on", fromHundredth.total());
            bench.distribution("until the 202", following.accepted.total());
            bench.residentMemory(gateway);
            bench.accounts().count("accepted", bench.get(JOBS));
            bench.accounts().count("finished", following.succeeded.sum());
            bench.accounts().zero("not succeeded, or not told of", following.wrong.sum());
            audit.settle(bench.accounts());
        }
    }

    private static void rehearse(Bench bench, Client client, Duration work) throws Exception {
        Duration time = bench.get(REHEARSAL);
        if (time.isZero()) {
            return;
        }
        int rate = bench.get(Common.RATE);
        try (Rehearsal rehearsal = new Rehearsal(work)) {
            List<URI> base = List.of(rehearsal.base());
            Following warming = new Following(client, base, "/e2e", work, new EventAudit());
            try (Phase phase = bench.phase("rehearsal", time)) {
                warming.warmUp(rate * REHEARSAL_FACTOR, time, phase);
            }
            Following floor = new Following(client, base, "/e2e", work, new EventAudit());
            Duration last = Duration.ofSeconds(Math.max(2, time.toSeconds() / 4));
            Phase phase = bench.phase("rehearsal, at the rate", last);
            try (phase) {
                floor.run(rate, rate * last.toSeconds(), phase);
            }
            bench.figure(Figure.plain(
                    "the load's own share of that, p50",
                    "ms",
                    Latencies.millis(phase.latency().total(), 50)));
            bench.figure(Figure.plain(
                    "the load's own share of that, p99",
                    "ms",
                    Latencies.millis(phase.latency().total(), 99)));
        }
    }

    private static void slices(Bench bench, Gateway gateway, Following following, Latencies fromHundredth)
            throws Exception {
        int rate = bench.get(Common.RATE);
        long left = bench.get(JOBS);
        long from = 1;
        Duration all = Duration.ZERO;
        while (left > 0) {
            long jobs = from == 1
                    ? Math.min(FIRST, left)
                    : Math.min(left, bench.get(SLICE) - (from - 1) % bench.get(SLICE));
            String name = from + " to " + (from + jobs - 1);
            Duration before = gateway.processor();
            Phase phase = bench.phase(name, jobs);
            try (phase) {
                following.run(rate, jobs, phase);
            }
            Duration used = gateway.processor().minus(before);
            all = all.plus(used);
            double perJob = used.toNanos() / 1e6 / jobs;
            bench.figure(Figure.lower(
                    "jobs " + name + ", told p50",
                    "ms",
                    Latencies.millis(phase.latency().total(), 50)));
            bench.figure(Figure.lower(
                    "jobs " + name + ", told p99",
                    "ms",
                    Latencies.millis(phase.latency().total(), 99)));
            bench.figure(Figure.lower("jobs " + name + ", processor time per job", "ms", perJob));
            bench.timeline().add("Processor time per job", "ms", "gateway", perJob);
            if (from > 1) {
                fromHundredth.add(phase.latency());
            }
            from += jobs;
            left -= jobs;
        }
        bench.figure(Figure.lower("processor time per job, all", "ms", all.toNanos() / 1e6 / bench.get(JOBS)));
    }
}
