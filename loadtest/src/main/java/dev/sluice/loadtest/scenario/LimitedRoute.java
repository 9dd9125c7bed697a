package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.account.Accounts;
import dev.sluice.loadtest.load.Bodies;
import dev.sluice.loadtest.load.Client;
import dev.sluice.loadtest.load.OpenLoop;
import dev.sluice.loadtest.load.Refusals;
import dev.sluice.loadtest.measure.Phase;
import dev.sluice.loadtest.report.Figure;
import dev.sluice.loadtest.rig.Gateway;
import dev.sluice.loadtest.rig.Metrics;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.ToDoubleFunction;
import reactor.core.publisher.Mono;

/** The route that does only so many jobs at once and keeps only so many waiting, and those who send to it. */
final class LimitedRoute implements AutoCloseable {

    static final String NAME = "overload";

    private static final Duration LONGEST_ANSWER = Duration.ofSeconds(30);
    private static final int MOST_UNDER_WAY = 4_000;

    private final Client client = new Client("limited", MOST_UNDER_WAY);
    private final Gateway gateway;
    private final URI url;
    private final Queue<String> jobs = new ConcurrentLinkedQueue<>();
    private final LongAdder refused = new LongAdder();
    private final LongAdder hasty = new LongAdder();
    private final LongAdder wrong = new LongAdder();

    /**
     * What happened in a phase.
     *
     * @param finished jobs a second that it did
     * @param refused requests a second that it refused
     * @param attempt mean time of a call of the backend, ms
     */
    record Seen(double finished, double refused, double attempt) {

        /** Calls that were under way on average. */
        double busy() {
            return finished * attempt / 1e3;
        }
    }

    LimitedRoute(Gateway gateway, URI url) {
        this.gateway = gateway;
        this.url = url;
    }

    /** Sends so many a second for a time, and the small requests beside them, which are recorded in the phase. */
    Seen load(double rate, Duration time, Phase phase, SmallRequests small) throws Exception {
        Metrics before = gateway.metrics();
        long refusedBefore = refused.sum();
        long begun = System.nanoTime();
        try (Background offered = Background.of(() -> offer(rate, time))) {
            small.run(time, phase);
            offered.join();
        }
        Metrics after = gateway.metrics();
        double seconds = (System.nanoTime() - begun) / 1e9;
        double calls = delta(before, after, "sluice_attempts_seconds_count");
        return new Seen(
                calls / seconds,
                (refused.sum() - refusedBefore) / seconds,
                calls == 0 ? 0 : delta(before, after, "sluice_attempts_seconds_sum") * 1e3 / calls);
    }

    private static double delta(Metrics before, Metrics after, String meter) {
        return after.sum(meter, "route", NAME) - before.sum(meter, "route", NAME);
    }

    private void offer(double rate, Duration time) throws Exception {
        byte[] body = Bodies.json(Bodies.USUAL);
        new OpenLoop(rate, MOST_UNDER_WAY)
                .runFor(
                        time,
                        (number, due) -> client.submit(url, body)
                                .timeout(LONGEST_ANSWER)
                                .doOnNext(job -> jobs.add(job.job()))
                                .onErrorResume(error -> {
                                    refused(error);
                                    return Mono.empty();
                                }));
    }

    private void refused(Throwable error) {
        if (error instanceof Client.UnexpectedAnswerException answer && answer.status() == 503) {
            refused.increment();
            if (!Refusals.honest(answer.retryAfter())) {
                hasty.increment();
            }
        } else {
            wrong.increment();
        }
    }

    /** The paths of the jobs that were accepted so far. */
    List<String> jobs() {
        return List.copyOf(jobs);
    }

    static void state(Bench bench, String when, List<Seen> rounds) {
        state(bench, "jobs done, " + when, "1/s", rounds, Seen::finished);
        state(bench, "refused, " + when, "1/s", rounds, Seen::refused);
        state(bench, "mean time of a call of the backend, " + when, "ms", rounds, Seen::attempt);
        state(bench, "calls under way, " + when, "", rounds, Seen::busy);
    }

    private static void state(Bench bench, String name, String unit, List<Seen> rounds, ToDoubleFunction<Seen> value) {
        List<Double> values = rounds.stream().map(value::applyAsDouble).toList();
        bench.figure(Figure.plain(name, unit, LoadedServer.median(values)).slices(values));
    }

    void settle(Accounts accounts) {
        accounts.count("refused for a full queue", refused.sum());
        accounts.zero("refusals without Retry-After", hasty.sum());
        accounts.zero("answers that were neither accept nor refusal as expected", wrong.sum());
    }

    @Override
    public void close() {
        client.close();
    }
}
