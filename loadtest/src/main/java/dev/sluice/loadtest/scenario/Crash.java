package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.load.CountingBackend;
import dev.sluice.loadtest.measure.Phase;
import dev.sluice.loadtest.report.Figure;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/** Kills the gateway in a loop while clients go on, and looks at every job afterwards. */
final class Crash implements Scenario {

    private static final Option<Integer> RATE = Common.RATE.usually("100");
    private static final Option<Duration> DURATION = Common.DURATION.usually("2m");
    private static final Option<Duration> WORK = Common.WORK.usually("50ms");
    private static final Option<Duration> EVERY =
            Option.duration("every", "6s", "longest time between the start and the next kill -9; at least half of it");

    @Override
    public String name() {
        return "crash";
    }

    @Override
    public String question() {
        return "Is anything lost, doubled or left out when the gateway is killed again and again under load?";
    }

    @Override
    public List<Option<?>> options() {
        return List.of(RATE, DURATION, WORK, EVERY);
    }

    @Override
    public void run(Bench bench) throws Exception {
        Required.ownProcesses(bench);
        Required.durable(bench);
        long kills = 0;
        try (CountingBackend backend = new CountingBackend(bench.get(WORK))) {
            Victim victim =
                    new Victim(bench, "gateway", Workload.prepared(bench.rig().setup(backend.base())));
            try (Workload workload =
                    new Workload(bench, List.of(victim.gateway().base()), backend)) {
                Duration time = bench.get(DURATION);
                Phase phase = bench.phase("killing", time);
                try (phase;
                        Background load = Background.of(() -> workload.run(bench.get(RATE), phase))) {
                    long end = System.nanoTime() + time.toNanos();
                    while (load.running() && (kills == 0 || System.nanoTime() < end)) {
                        workload.awaitMore(load);
                        Thread.sleep(pause(bench).toMillis());
                        victim.kill();
                        kills++;
                        bench.say("kill -9 after " + workload.accepted() + " jobs");
                        victim.restart();
                    }
                    workload.finish(load);
                }
                workload.settle(List.of(victim.gateway()));
                bench.figure(Figure.plain("killed", "times", kills));
                victim.state();
                bench.latencies("202 after the request was due, outages included", phase);
                bench.residentMemory(victim.gateway());
            }
        }
    }

    private static Duration pause(Bench bench) {
        long most = bench.get(EVERY).toMillis();
        return Duration.ofMillis(ThreadLocalRandom.current().nextLong(most / 2, most + 1));
    }
}
