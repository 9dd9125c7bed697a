package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.load.Bodies;
import dev.sluice.loadtest.load.Client;
import dev.sluice.loadtest.load.OpenLoop;
import dev.sluice.loadtest.measure.Latencies;
import dev.sluice.loadtest.measure.Phase;
import dev.sluice.loadtest.report.Figure;
import dev.sluice.loadtest.rig.Gateway;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import reactor.core.publisher.Mono;

/** Posts small requests at a rate, whether or not those before were answered. */
final class Steady implements Scenario {

    private static final Option<Integer> RATE = Common.RATE.usually("200");
    private static final Option<String> TARGET =
            Option.text("target", "PATH", "/accept?hang=true", "path and query that are posted to");
    private static final Duration LONGEST_ANSWER = Duration.ofSeconds(30);
    private static final int MOST_UNDER_WAY = 4_000;

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
        Phase measured;
        Latencies sent = new Latencies();
        LongAdder wrong = new LongAdder();
        try (Client client = new Client("steady", MOST_UNDER_WAY)) {
            if (!bench.get(Common.WARMUP).isZero()) {
                try (Phase phase = bench.phase("warm-up", bench.get(Common.WARMUP))) {
                    load(bench, client, url, phase, bench.get(Common.WARMUP), new Latencies(), wrong);
                }
            }
            measured = bench.phase("measured", bench.get(Common.DURATION));
            try (measured) {
                load(bench, client, url, measured, bench.get(Common.DURATION), sent, wrong);
            }
        }
        bench.latencies("202 after the request was due", measured);
        bench.figure(Figure.plain(
                "the same from when it was sent (uncorrected), p99", "ms", Latencies.millis(sent.total(), 99)));
        bench.figure(Figure.higher("answered", "1/s", measured.latency().total().getTotalCount() / measured.seconds()));
        bench.residentMemory(gateway);
        bench.accounts().count("requests", measured.latency().total().getTotalCount());
        bench.accounts().zero("answers that were no 202, or did not come", wrong.sum());
    }

    private static void load(
            Bench bench, Client client, URI url, Phase phase, Duration time, Latencies sent, LongAdder wrong)
            throws Exception {
        byte[] body = Bodies.json(Bodies.USUAL);
        new OpenLoop(bench.get(RATE), MOST_UNDER_WAY).runFor(time, (number, due) -> {
            long begun = System.nanoTime();
            return client.submit(url, body)
                    .timeout(LONGEST_ANSWER)
                    .onErrorResume(error -> {
                        phase.failed().increment();
                        wrong.increment();
                        return Mono.empty();
                    })
                    .doOnTerminate(() -> {
                        long now = System.nanoTime();
                        phase.latency().recordNanos(now - due);
                        sent.recordNanos(now - begun);
                    });
        });
    }
}
