package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.load.ClosedLoop;
import dev.sluice.loadtest.load.Submitting;
import dev.sluice.loadtest.load.Wrk;
import dev.sluice.loadtest.measure.Charts;
import dev.sluice.loadtest.measure.Phase;
import dev.sluice.loadtest.report.Distribution;
import dev.sluice.loadtest.report.Figure;
import dev.sluice.loadtest.rig.Gateway;
import dev.sluice.loadtest.rig.ProcessStats;
import dev.sluice.loadtest.rig.RigException;
import dev.sluice.loadtest.rig.Started;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Posts as fast as it is accepted, in turn with two servers of the same stack that store nothing. */
final class Accept implements Scenario {

    private static final String TARGET = "/accept?hang=true";
    private static final String ROUTE = "accept";
    private static final String BARE = "dev.sluice.loadtest.bare.Bare202";
    private static final Option<String> LOADER = Option.choice(
            "loader",
            List.of("wrk", "kit"),
            Wrk.installed() ? "wrk" : "kit",
            "what loads: wrk where it is, else the kit");
    private static final Option<Duration> DURATION = Common.DURATION.usually("10s");

    @Override
    public String name() {
        return "accept";
    }

    @Override
    public String question() {
        return "How many requests a second become durable, and what does that cost beside a server that stores nothing?";
    }

    @Override
    public List<Option<?>> options() {
        return List.of(DURATION, Common.WARMUP, Common.ROUNDS, Common.CONNECTIONS, LOADER);
    }

    @Override
    public void run(Bench bench) throws Exception {
        Server bare = beside(bench, "bare 202", List.of());
        Server raw = beside(bench, "raw 202", List.of("raw"));
        Gateway gateway = bench.gateway();
        Server ours = new Server("gateway", gateway.base(), gateway.process());
        long earlier = gateway.management().isPresent() ? Kept.unfinished(gateway, ROUTE) : 0;
        List<Server> servers = List.of(ours, bare, raw);
        if (!bench.get(Common.WARMUP).isZero()) {
            for (Server server : servers) {
                server.seen(load(bench, server, "warm-up of " + server.name, bench.get(Common.WARMUP)));
            }
        }
        for (int round = 1; round <= bench.get(Common.ROUNDS); round++) {
            for (Server server : servers) {
                server.measured(load(bench, server, server.name + " " + round, bench.get(DURATION)));
            }
        }
        servers.forEach(server -> server.state(bench));
        ratio(bench, ours, bare);
        ratio(bench, ours, raw);
        account(bench, gateway, ours, servers, earlier);
    }

    private static Server beside(Bench bench, String name, List<String> more) throws InterruptedException {
        int port = bench.rig().freePort();
        List<String> arguments = new ArrayList<>(List.of(Integer.toString(port)));
        arguments.addAll(more);
        Started process = bench.rig().startBeside(name.replace(' ', '-'), BARE, arguments);
        URI base = URI.create("http://127.0.0.1:" + port);
        process.awaitReady(base.resolve("/ready"), Duration.ofMinutes(2));
        return new Server(name, base, Optional.of(process));
    }

    private static Wrk.Result load(Bench bench, Server server, String name, Duration time) throws Exception {
        int connections = bench.get(Common.CONNECTIONS);
        Duration before = server.processor();
        Wrk.Result result;
        Phase phase = bench.phase(name, time);
        try (phase) {
            if (bench.get(LOADER).equals("wrk")) {
                URI url = server.base.resolve(TARGET);
                if (server.name.equals("gateway")) {
                    phase.countAccepts();
                }
                result = Wrk.run(bench.rig(), url, connections, Math.max(1, time.toSeconds()));
                phase.failed().add(result.others() + result.errors());
            } else {
                Submitting posts = new Submitting(server.base, TARGET, phase, job -> {});
                new ClosedLoop(List.of(server.base), connections).runFor(posts, time);
                result = new Wrk.Result(
                        posts.accepted(),
                        phase.failed().sum(),
                        0,
                        phase.seconds(),
                        Percentiles.points(phase.latency().total()));
            }
        }
        server.used = server.processor().minus(before);
        if (server.name.equals("gateway")) {
            bench.timeline().add(Charts.LATENCY, "ms", "p99 of the round", result.at(99));
        }
        bench.say(String.format(java.util.Locale.ROOT, "%s: %,.0f/s, p99 %.1f ms", name, result.rate(), result.at(99)));
        return result;
    }

    private static void ratio(Bench bench, Server ours, Server other) {
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < ours.rates.size(); i++) {
            ratios.add(ours.rates.get(i) / other.rates.get(i));
        }
        bench.figure(
                Figure.higher("of the " + other.name, "", Server.median(ratios)).slices(ratios));
    }

    /** Each 202 must be a job, now and after the gateway was killed. */
    private static void account(Bench bench, Gateway gateway, Server ours, List<Server> servers, long earlier)
            throws InterruptedException {
        // wrk stops without waiting for the answers of its open requests, so there may be jobs whose 202 nobody has
        // read.
        long unread =
                bench.get(LOADER).equals("wrk") ? (bench.get(Common.ROUNDS) + 1L) * bench.get(Common.CONNECTIONS) : 0;
        bench.accounts().count("answers of 202", ours.accepted);
        bench.accounts()
                .zero(
                        "answers that were no 202, or did not come",
                        servers.stream().mapToLong(one -> one.wrong).sum());
        if (gateway.management().isEmpty()) {
            bench.note("The jobs were not counted: the management listener is not known.");
            return;
        }
        settle(bench, "", Kept.unfinished(gateway, ROUTE) - earlier, ours.accepted, unread);
        bench.residentMemory(gateway);
        if (gateway.process().isEmpty() || !bench.rig().settings().journal().durable()) {
            bench.note("The gateway was not killed to count its jobs once more.");
            return;
        }
        bench.process(gateway).kill();
        Gateway again = bench.watch(
                "gateway", bench.start(gateway.setup().orElseThrow(() -> new RigException("unknown setup"))));
        long kept = Kept.unfinished(again, ROUTE);
        settle(bench, " after kill -9 and a restart", kept - earlier, ours.accepted, unread);
        bench.figure(Figure.lower(
                "ready again with all of them waiting", "ms", again.ready().toMillis()));
    }

    private static void settle(Bench bench, String when, long jobs, long answers, long unread) {
        bench.accounts().count("jobs" + when, jobs);
        bench.accounts().zero("lost" + when, Math.max(0, answers - jobs));
        bench.accounts().zero("jobs beyond answers that were not read" + when, Math.max(0, jobs - answers - unread));
    }

    /** A server that is loaded, and what was seen of it. */
    private static final class Server {

        private final String name;
        private final URI base;
        private final Optional<Started> process;
        private final List<Double> rates = new ArrayList<>();
        private final List<Double> p50 = new ArrayList<>();
        private final List<Double> p99 = new ArrayList<>();
        private final List<Double> processor = new ArrayList<>();
        private List<double[]> distribution = List.of();
        private Duration used = Duration.ZERO;
        private long accepted;
        private long measured;
        private long wrong;

        private Server(String name, URI base, Optional<Started> process) {
            this.name = name;
            this.base = base;
            this.process = process;
        }

        private Duration processor() {
            return process.flatMap(Started::stats).map(ProcessStats::processor).orElse(Duration.ZERO);
        }

        private void seen(Wrk.Result result) {
            accepted += result.accepted();
            wrong += result.others() + result.errors();
        }

        private void measured(Wrk.Result result) {
            seen(result);
            measured += result.accepted();
            rates.add(result.rate());
            p50.add(result.at(50));
            p99.add(result.at(99));
            processor.add(used.toNanos() / 1e9 * 10_000 / Math.max(1, result.accepted()));
            distribution = result.percentiles();
        }

        private void state(Bench bench) {
            bench.figure(
                    Figure.higher(name + ", accepted", "1/s", median(rates)).slices(rates));
            bench.figure(Figure.lower(name + ", p50", "ms", median(p50)).slices(p50));
            bench.figure(Figure.lower(name + ", p99", "ms", median(p99)).slices(p99));
            if (process.isPresent()) {
                String what = name + ", processor time per 10,000";
                bench.figure(Figure.lower(what, "s", median(processor)).slices(processor));
            }
            bench.distribution(new Distribution(name + ", last round", measured, distribution));
        }

        private static double median(List<Double> values) {
            List<Double> sorted = values.stream().sorted().toList();
            int middle = sorted.size() / 2;
            return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
        }
    }
}
