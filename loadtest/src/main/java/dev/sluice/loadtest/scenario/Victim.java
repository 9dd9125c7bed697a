package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.report.Figure;
import dev.sluice.loadtest.rig.Gateway;
import dev.sluice.loadtest.rig.GatewaySetup;
import dev.sluice.loadtest.rig.RigException;
import java.util.ArrayList;
import java.util.List;

/** A gateway that is killed and started again on what it left. */
final class Victim {

    private final Bench bench;
    private final String name;
    private final GatewaySetup setup;
    private final List<Double> ready = new ArrayList<>();
    private Gateway gateway;

    /** Starts it. */
    Victim(Bench bench, String name, GatewaySetup setup) throws InterruptedException {
        this.bench = bench;
        this.name = name;
        this.setup = setup;
        this.gateway = bench.watch(name, bench.start(setup));
    }

    Gateway gateway() {
        return gateway;
    }

    /** Kills it without a warning. */
    void kill() {
        bench.process(gateway).kill();
    }

    /** Starts it again, and remembers how soon it was ready. */
    void restart() throws InterruptedException {
        gateway = bench.watch(name, bench.start(setup));
        ready.add((double) gateway.ready().toMillis());
    }

    /** Fails with what its log says, if it has ended by itself. */
    void checkAlive() {
        if (!bench.process(gateway).alive()) {
            throw new RigException(name + " has ended by itself, see loadtest/target/" + setup.name() + ".log");
        }
    }

    /** States how soon it was ready again. */
    void state() {
        if (!ready.isEmpty()) {
            double mean = ready.stream().mapToDouble(value -> value).average().orElse(0);
            bench.figure(Figure.lower("ready again, mean", "ms", mean).slices(ready));
            bench.figure(Figure.lower(
                    "ready again, longest",
                    "ms",
                    ready.stream().mapToDouble(value -> value).max().orElse(0)));
        }
    }
}
