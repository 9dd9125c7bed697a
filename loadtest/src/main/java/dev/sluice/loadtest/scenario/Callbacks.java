package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.load.CallbackReceiver;
import dev.sluice.loadtest.report.Figure;
import dev.sluice.loadtest.rig.Gateway;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Rounds of jobs without and with a callback in turn, to one receiver in this process that answers at once. */
final class Callbacks implements Scenario {

    private static final String TARGET = "/e2e";
    private static final Option<Integer> JOBS = Option.count("jobs", 10_000, 1, 1_000_000, "jobs of a round");
    private static final Option<Integer> WARMUP_JOBS = Option.count(
            "warmup-jobs", 40_000, 0, 1_000_000, "jobs before the first round, half of them with a callback");

    @Override
    public String name() {
        return "callbacks";
    }

    @Override
    public String question() {
        return "What does a callback cost a job, and is every callback delivered?";
    }

    @Override
    public List<Option<?>> options() {
        return List.of(JOBS, WARMUP_JOBS, Common.ROUNDS, Common.CONNECTIONS);
    }

    @Override
    public void run(Bench bench) throws Exception {
        Gateway gateway = bench.gateway(CallbackReceiver.properties());
        JobRound.requireManagement(gateway);
        try (CallbackReceiver receiver = new CallbackReceiver()) {
            int half = bench.get(WARMUP_JOBS) / 2;
            if (half > 0) {
                new JobRound(bench, gateway, half, TARGET, Map.of()).run("warm-up without");
                JobRound.told(bench, gateway, half, TARGET, receiver).run("warm-up with");
            }
            measure(bench, gateway, receiver);
        }
        bench.residentMemory(gateway);
    }

    private static void measure(Bench bench, Gateway gateway, CallbackReceiver receiver) throws Exception {
        List<JobRound> without = new ArrayList<>();
        List<JobRound> with = new ArrayList<>();
        for (int number = 1; number <= bench.get(Common.ROUNDS); number++) {
            JobRound plain = new JobRound(bench, gateway, bench.get(JOBS), TARGET, Map.of());
            plain.run("round " + number + " without");
            without.add(plain);
            JobRound told = JobRound.told(bench, gateway, bench.get(JOBS), TARGET, receiver);
            told.run("round " + number + " with");
            with.add(told);
        }
        List<Double> plainRates = without.stream().map(JobRound::finished).toList();
        List<Double> toldRates = with.stream().map(JobRound::finished).toList();
        List<Double> plainTimes = without.stream().map(JobRound::processor).toList();
        List<Double> toldTimes = with.stream().map(JobRound::processor).toList();
        state(
                bench,
                Figure.plain("jobs without a callback, until the last is stored", "jobs/s", mean(plainRates)),
                plainRates);
        state(
                bench,
                Figure.higher("jobs with a callback, until the last delivery is stored", "jobs/s", mean(toldRates)),
                toldRates);
        List<Double> rates = ratios(toldRates, plainRates);
        state(bench, Figure.higher("jobs/s with a callback, of those without", "", mean(rates)), rates);
        state(
                bench,
                Figure.plain("processor time per 10,000 jobs without a callback, gateway", "s", mean(plainTimes)),
                plainTimes);
        state(
                bench,
                Figure.lower("processor time per 10,000 jobs with a callback, gateway", "s", mean(toldTimes)),
                toldTimes);
        if (plainTimes.stream().allMatch(time -> time > 0)) { // the gateway's process is seen
            List<Double> times = ratios(toldTimes, plainTimes);
            state(bench, Figure.lower("processor time with a callback, of that without", "", mean(times)), times);
        }
    }

    private static List<Double> ratios(List<Double> values, List<Double> of) {
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            ratios.add(values.get(i) / of.get(i));
        }
        return ratios;
    }

    private static void state(Bench bench, Figure figure, List<Double> rounds) {
        bench.figure(rounds.size() > 1 ? figure.slices(rounds) : figure);
    }

    private static double mean(List<Double> values) {
        return values.stream().mapToDouble(value -> value).average().orElse(0);
    }
}
