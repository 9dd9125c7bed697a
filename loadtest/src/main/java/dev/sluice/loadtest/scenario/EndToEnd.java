package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.measure.Phase;
import dev.sluice.loadtest.report.Figure;
import dev.sluice.loadtest.rig.Gateway;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Submits jobs as fast as they are taken, waits until none is left, and looks at every single one. */
final class EndToEnd implements Scenario {

    private static final Option<Integer> JOBS = Option.count("jobs", 20_000, 1, 5_000_000, "jobs of a round");
    private static final Option<Integer> WARMUP_JOBS =
            Option.count("warmup-jobs", 100_000, 0, 5_000_000, "jobs before the first round");
    private static final Option<Integer> ROUNDS = Common.ROUNDS.usually("1");
    private static final Option<String> TARGET = Option.text(
            "target", "PATH", "/e2e", "path and query that are posted to; the route must be the one named e2e");

    @Override
    public String name() {
        return "end-to-end";
    }

    @Override
    public String question() {
        return "How many jobs a second are completed by an instant backend, and is none lost or done twice?";
    }

    @Override
    public List<Option<?>> options() {
        return List.of(JOBS, WARMUP_JOBS, ROUNDS, Common.CONNECTIONS, TARGET);
    }

    @Override
    public void run(Bench bench) throws Exception {
        Gateway gateway = bench.gateway();
        JobRound.requireManagement(gateway);
        if (bench.get(WARMUP_JOBS) > 0) {
            round(bench, gateway, bench.get(WARMUP_JOBS)).run("warm-up");
        }
        List<Double> accepted = new ArrayList<>();
        List<Double> finished = new ArrayList<>();
        List<Double> processor = new ArrayList<>();
        List<Double> backends = new ArrayList<>();
        Phase last = null;
        for (int number = 1; number <= bench.get(ROUNDS); number++) {
            JobRound round = round(bench, gateway, bench.get(JOBS));
            last = round.run("round " + number);
            accepted.add(round.accepted());
            finished.add(round.finished());
            processor.add(round.processor());
            backends.add(round.backend());
        }
        state(bench, Figure.higher("accepted", "jobs/s", mean(accepted)), accepted);
        state(bench, Figure.higher("until the last is stored", "jobs/s", mean(finished)), finished);
        state(bench, Figure.lower("processor time per 10,000 jobs, gateway", "s", mean(processor)), processor);
        state(bench, Figure.plain("processor time per 10,000 jobs, backend", "s", mean(backends)), backends);
        if (last != null) {
            bench.latencies("202 of a closed loop", last);
        }
        bench.residentMemory(gateway);
    }

    private static JobRound round(Bench bench, Gateway gateway, int jobs) {
        return new JobRound(bench, gateway, jobs, bench.get(TARGET), Map.of());
    }

    private static void state(Bench bench, Figure figure, List<Double> rounds) {
        bench.figure(rounds.size() > 1 ? figure.slices(rounds) : figure);
    }

    private static double mean(List<Double> values) {
        return values.stream().mapToDouble(value -> value).average().orElse(0);
    }
}
