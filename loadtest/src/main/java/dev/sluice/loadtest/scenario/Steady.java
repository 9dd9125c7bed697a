package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.measure.Latencies;
import dev.sluice.loadtest.measure.Phase;
import dev.sluice.loadtest.report.Figure;
import dev.sluice.loadtest.rig.Gateway;
import java.net.URI;
import java.util.List;
import org.HdrHistogram.Histogram;

/** Posts small requests at a rate, whether or not those before were answered. */
final class Steady implements Scenario {

    private static final Option<Integer> RATE = Common.RATE.usually("200");
    private static final Option<String> TARGET =
            Option.text("target", "PATH", "/accept?hang=true", "path and query that are posted to");

    @Override
    public String name() {
        return "steady";
    }

    @Override
    public String question() {
        return "How long does a request wait for its 202 at a steady rate, without coordinated omission?";
    }

    @Override
    public List<Option<?>> options() {
        return List.of(RATE, Common.DURATION, Common.WARMUP, TARGET);
    }

    @Override
    public void run(Bench bench) throws Exception {
        Gateway gateway = bench.gateway();
        URI url = gateway.base().resolve(bench.get(TARGET));
        try (SmallRequests requests = new SmallRequests(url, bench.get(RATE))) {
            if (!bench.get(Common.WARMUP).isZero()) {
                try (Phase phase = bench.phase("warm-up", bench.get(Common.WARMUP))) {
                    requests.run(bench.get(Common.WARMUP), phase);
                }
            }
            Phase measured = bench.phase("measured", bench.get(Common.DURATION));
            Histogram sent;
            try (measured) {
                sent = requests.run(bench.get(Common.DURATION), measured);
            }
            bench.latencies("202 after the request was due", measured);
            bench.figure(Figure.plain(
                    "the same from when it was sent (uncorrected), p99", "ms", Latencies.millis(sent, 99)));
            double answered = measured.latency().total().getTotalCount() / measured.seconds();
            bench.figure(Figure.higher("answered", "1/s", answered));
            requests.settle(bench, "requests");
        }
        bench.residentMemory(gateway);
    }
}
