package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.report.Figure;
import dev.sluice.loadtest.rig.Gateway;
import dev.sluice.loadtest.rig.RigException;
import dev.sluice.loadtest.rig.Started;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Posts as fast as it is accepted, in turn with two servers of the same stack that store nothing. */
final class Accept implements Scenario {

    private static final String BARE = "dev.sluice.loadtest.bare.Bare202";
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
        return List.of(DURATION, Common.WARMUP, Common.ROUNDS, Common.CONNECTIONS, AcceptLoad.LOADER);
    }

    @Override
    public void run(Bench bench) throws Exception {
        LoadedServer bare = beside(bench, "bare 202", List.of());
        LoadedServer raw = beside(bench, "raw 202", List.of("raw"));
        Gateway gateway = bench.gateway();
        LoadedServer ours = new LoadedServer("gateway", true, gateway.base(), gateway.process());
        long earlier = gateway.management().isPresent() ? Kept.unfinished(gateway, AcceptLoad.ROUTE) : 0;
        List<LoadedServer> servers = List.of(ours, bare, raw);
        if (!bench.get(Common.WARMUP).isZero()) {
            for (LoadedServer server : servers) {
                server.seen(AcceptLoad.load(bench, server, "warm-up of " + server.name, bench.get(Common.WARMUP)));
            }
        }
        for (int round = 1; round <= bench.get(Common.ROUNDS); round++) {
            for (LoadedServer server : servers) {
                server.measured(AcceptLoad.load(bench, server, server.name + " " + round, bench.get(DURATION)));
            }
        }
        servers.forEach(server -> server.state(bench));
        ratio(bench, ours, bare);
        ratio(bench, ours, raw);
        account(bench, gateway, ours, servers, earlier);
    }

    private static LoadedServer beside(Bench bench, String name, List<String> more) throws InterruptedException {
        int port = bench.rig().freePort();
        List<String> arguments = new ArrayList<>(List.of(Integer.toString(port)));
        arguments.addAll(more);
        Started process = bench.rig().startBeside(name.replace(' ', '-'), BARE, arguments);
        URI base = URI.create("http://127.0.0.1:" + port);
        process.awaitReady(base.resolve("/ready"), Duration.ofMinutes(2));
        return new LoadedServer(name, false, base, Optional.of(process));
    }

    private static void ratio(Bench bench, LoadedServer ours, LoadedServer other) {
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < ours.rates.size(); i++) {
            ratios.add(ours.rates.get(i) / other.rates.get(i));
        }
        bench.figure(Figure.higher("of the " + other.name, "", LoadedServer.median(ratios))
                .slices(ratios));
    }

    /** Each 202 must be a job, now and after the gateway was killed. */
    private static void account(
            Bench bench, Gateway gateway, LoadedServer ours, List<LoadedServer> servers, long earlier)
            throws InterruptedException {
        // wrk stops without waiting for the answers of its open requests, so there may be jobs whose 202 nobody has
        // read.
        long unread = bench.get(AcceptLoad.LOADER).equals("wrk")
                ? (bench.get(Common.ROUNDS) + 1L) * bench.get(Common.CONNECTIONS)
                : 0;
        bench.accounts().count("answers of 202", ours.accepted);
        bench.accounts()
                .zero(
                        "answers that were no 202, or did not come",
                        servers.stream().mapToLong(one -> one.wrong).sum());
        if (gateway.management().isEmpty()) {
            bench.note("The jobs were not counted: the management listener is not known.");
            return;
        }
        settle(bench, "", Kept.unfinished(gateway, AcceptLoad.ROUTE) - earlier, ours.accepted, unread);
        bench.residentMemory(gateway);
        if (gateway.process().isEmpty() || !bench.rig().settings().journal().durable()) {
            bench.note("The gateway was not killed to count its jobs once more.");
            return;
        }
        bench.process(gateway).kill();
        Gateway again = bench.watch(
                "gateway", bench.start(gateway.setup().orElseThrow(() -> new RigException("unknown setup"))));
        long kept = Kept.unfinished(again, AcceptLoad.ROUTE);
        settle(bench, " after kill -9 and a restart", kept - earlier, ours.accepted, unread);
        bench.figure(Figure.lower(
                "ready again with all of them waiting", "ms", again.ready().toMillis()));
    }

    private static void settle(Bench bench, String when, long jobs, long answers, long unread) {
        bench.accounts().count("jobs" + when, jobs);
        bench.accounts().zero("lost" + when, Math.max(0, answers - jobs));
        bench.accounts().zero("jobs beyond answers that were not read" + when, Math.max(0, jobs - answers - unread));
    }
}
