package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.load.Wrk;
import dev.sluice.loadtest.report.Distribution;
import dev.sluice.loadtest.report.Figure;
import dev.sluice.loadtest.rig.ProcessStats;
import dev.sluice.loadtest.rig.Started;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A server that is loaded with accepts, and what was seen of it in each round. */
final class LoadedServer {

    final String name;
    final boolean gateway;
    final URI base;
    final Optional<Started> process;
    final List<Double> rates = new ArrayList<>();
    final List<Double> p50 = new ArrayList<>();
    final List<Double> p99 = new ArrayList<>();
    final List<Double> processor = new ArrayList<>();
    List<double[]> distribution = List.of();
    Duration used = Duration.ZERO;
    long accepted;
    long measured;
    long wrong;

    LoadedServer(String name, boolean gateway, URI base, Optional<Started> process) {
        this.name = name;
        this.gateway = gateway;
        this.base = base;
        this.process = process;
    }

    Duration processor() {
        return process.flatMap(Started::stats).map(ProcessStats::processor).orElse(Duration.ZERO);
    }

    void seen(Wrk.Result result) {
        accepted += result.accepted();
        wrong += result.others() + result.errors();
    }

    void measured(Wrk.Result result) {
        seen(result);
        measured += result.accepted();
        rates.add(result.rate());
        p50.add(result.at(50));
        p99.add(result.at(99));
        processor.add(used.toNanos() / 1e9 * 10_000 / Math.max(1, result.accepted()));
        distribution = result.percentiles();
    }

    void state(Bench bench) {
        bench.figure(Figure.higher(name + ", accepted", "1/s", median(rates)).slices(rates));
        bench.figure(Figure.lower(name + ", p50", "ms", median(p50)).slices(p50));
        bench.figure(Figure.lower(name + ", p99", "ms", median(p99)).slices(p99));
        if (process.isPresent()) {
            String what = name + ", processor time per 10,000";
            bench.figure(Figure.lower(what, "s", median(processor)).slices(processor));
        }
        bench.distribution(new Distribution(name + ", last round", measured, distribution));
    }

    static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }
}
