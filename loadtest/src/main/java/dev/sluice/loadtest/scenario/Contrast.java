package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.measure.Latencies;
import dev.sluice.loadtest.report.Figure;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * The same durations in rounds: alone, and beside something else. The percentiles are those of all rounds together, the ratio
 * is that of them, and its slices are the ratios of each round and the one beside it.
 */
final class Contrast {

    private static final double P99 = 99;

    private final String what;
    private final String beside;
    private final List<Histogram> quiet = new ArrayList<>();
    private final List<Histogram> loaded = new ArrayList<>();

    /**
     * Of some durations.
     *
     * @param what they are, such as "202 of small requests"
     * @param beside what goes on in the other rounds, such as "beside uploads"
     */
    Contrast(String what, String beside) {
        this.what = what;
        this.beside = beside;
    }

    void alone(Latencies latencies) {
        quiet.add(latencies.total());
    }

    void beside(Latencies latencies) {
        loaded.add(latencies.total());
    }

    /** How many times the p99 alone that beside is; 0 if nothing was recorded. */
    double ratio() {
        return ratio(sum(quiet), sum(loaded));
    }

    /** The ratio of each round. */
    List<Double> ratios() {
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < Math.min(quiet.size(), loaded.size()); i++) {
            ratios.add(ratio(quiet.get(i), loaded.get(i)));
        }
        return ratios;
    }

    private static double ratio(Histogram alone, Histogram beside) {
        double base = Latencies.millis(alone, P99);
        return base == 0 ? 0 : Latencies.millis(beside, P99) / base;
    }

    /** States p50 and p99 of both, and the ratio, and draws both distributions. */
    void state(Bench bench) {
        state(bench, what + ", alone", quiet);
        state(bench, what + ", " + beside, loaded);
        bench.figure(Figure.lower(what + ", p99 " + beside + " of that alone", "times", ratio())
                .slices(ratios()));
    }

    private static void state(Bench bench, String name, List<Histogram> rounds) {
        Histogram all = sum(rounds);
        bench.figure(
                Figure.lower(name + ", p50", "ms", Latencies.millis(all, 50)).slices(millis(rounds, 50)));
        bench.figure(
                Figure.lower(name + ", p99", "ms", Latencies.millis(all, P99)).slices(millis(rounds, P99)));
        bench.figure(Figure.lower(name + ", longest", "ms", Latencies.millis(all, 100)));
        bench.distribution(name, all);
    }

    private static List<Double> millis(List<Histogram> rounds, double percentile) {
        return rounds.stream().map(round -> Latencies.millis(round, percentile)).toList();
    }

    private static Histogram sum(List<Histogram> rounds) {
        Histogram sum = Latencies.histogram();
        rounds.forEach(sum::add);
        return sum;
    }
}
