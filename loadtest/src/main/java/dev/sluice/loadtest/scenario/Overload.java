package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.account.JobAudit;
import dev.sluice.loadtest.load.ClosedLoop;
import dev.sluice.loadtest.load.Refusals;
import dev.sluice.loadtest.load.Submitting;
import dev.sluice.loadtest.measure.Latencies;
import dev.sluice.loadtest.measure.Phase;
import dev.sluice.loadtest.report.Figure;
import dev.sluice.loadtest.rig.Gateway;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** More than a queue takes: what a refusal costs, and what accepted work and another route feel of it. */
final class Overload implements Scenario {

    private static final String FULL = "/full?hang=true";
    private static final String ACCEPT = "/accept?hang=true";
    private static final Option<Integer> ROUNDS = Common.ROUNDS.usually("2");
    private static final Option<Duration> DURATION =
            Common.DURATION.usually("10s").meaning("each part of a round");
    private static final Option<Duration> WARMUP = Common.WARMUP.usually("20s");
    private static final Option<Integer> RATE =
            Common.RATE.usually("200").meaning("small requests a second to another route");
    private static final Option<Integer> WITHIN =
            Option.count("within", 300, 1, 100_000, "jobs a second to the limited route that it can do");
    private static final Option<Integer> BEYOND =
            Option.count("beyond", 3_000, 1, 100_000, "jobs a second to it that it cannot do");
    private static final Option<Duration> WORK = Common.WORK.usually("20ms");

    @Override
    public String name() {
        return "overload";
    }

    @Override
    public String question() {
        return "What does a refusal cost beside an accept, and what do accepted work and other routes feel of an overload?";
    }

    @Override
    public List<Option<?>> options() {
        return List.of(ROUNDS, DURATION, WARMUP, Common.CONNECTIONS, RATE, WITHIN, BEYOND, WORK);
    }

    @Override
    public void run(Bench bench) throws Exception {
        Gateway gateway = bench.gateway();
        fill(bench, gateway);
        try (HealthWatch health = new HealthWatch(bench, gateway)) {
            Costs costs = new Costs(bench, gateway);
            Duration half = bench.get(WARMUP).dividedBy(2);
            if (!half.isZero()) {
                costs.accepts("warm-up of accepts", half);
                costs.refusals("warm-up of refusals", half);
                costs.forget();
            }
            for (int round = 1; round <= bench.get(ROUNDS); round++) {
                costs.accepts("accepts " + round, bench.get(DURATION));
                costs.refusals("refusals " + round, bench.get(DURATION));
            }
            costs.settle();
            overload(bench, gateway);
            health.settle();
        }
        bench.residentMemory(gateway);
    }

    /** Posts to the route that never gets on until it is full. */
    private static void fill(Bench bench, Gateway gateway) throws Exception {
        try (Phase phase = bench.phase("filling", Duration.ofSeconds(1))) {
            Refusals posts = new Refusals(gateway.base(), FULL, phase);
            while (posts.refused() == 0) {
                new ClosedLoop(List.of(gateway.base()), 1).run(posts, 1, Duration.ofSeconds(30));
            }
            bench.accounts().count("accepted by the route that is full then", posts.accepted());
        }
    }

    private static void overload(Bench bench, Gateway gateway) throws Exception {
        Contrast others = new Contrast("202 of another route", "beside the overload");
        URI url = gateway.base().resolve("/overload?delay=" + bench.get(WORK).toMillis() + "ms");
        try (LimitedRoute limited = new LimitedRoute(gateway, url);
                SmallRequests small = new SmallRequests(gateway.base().resolve(ACCEPT), bench.get(RATE))) {
            Duration warmUp = bench.get(WARMUP).dividedBy(2);
            if (!warmUp.isZero()) {
                try (Phase phase = bench.phase("warm-up of the overload", warmUp)) {
                    limited.load(bench.get(BEYOND), warmUp, phase, small);
                }
                Settling.awaitRoute(gateway, LimitedRoute.NAME);
            }
            List<LimitedRoute.Seen> within = new ArrayList<>();
            List<LimitedRoute.Seen> beyond = new ArrayList<>();
            for (int round = 1; round <= bench.get(ROUNDS); round++) {
                try (Phase phase = bench.phase("within " + round, bench.get(DURATION))) {
                    within.add(limited.load(bench.get(WITHIN), bench.get(DURATION), phase, small));
                    others.alone(phase.latency());
                }
                try (Phase phase = bench.phase("beyond " + round, bench.get(DURATION))) {
                    beyond.add(limited.load(bench.get(BEYOND), bench.get(DURATION), phase, small));
                    others.beside(phase.latency());
                }
                Settling.awaitRoute(gateway, LimitedRoute.NAME);
            }
            others.state(bench);
            LimitedRoute.state(bench, "within the limit", within);
            LimitedRoute.state(bench, "beyond it", beyond);
            small.settle(bench, "small requests");
            JobAudit.Found found = JobAudit.look(List.of(gateway.base()), limited.jobs());
            found.settle(bench.accounts());
            found.examples().forEach(example -> bench.say("  not in order: " + example));
            limited.settle(bench.accounts());
        }
    }

    /** What accepts and refusals cost, each alone and as fast as they go. */
    private static final class Costs {

        private final Bench bench;
        private final Gateway gateway;
        private final List<Double> accept = new ArrayList<>();
        private final List<Double> refusal = new ArrayList<>();
        private final List<Double> ratio = new ArrayList<>();
        private final List<Double> accepted = new ArrayList<>();
        private final List<Double> refused = new ArrayList<>();
        private Latencies acceptTimes = new Latencies();
        private Latencies refusalTimes = new Latencies();
        private long jobs;
        private long hasty;
        private long wrong;

        private Costs(Bench bench, Gateway gateway) {
            this.bench = bench;
            this.gateway = gateway;
        }

        private void accepts(String name, Duration time) throws Exception {
            Duration before = gateway.processor();
            Phase phase = bench.phase(name, time);
            try (phase) {
                Submitting posts = new Submitting(gateway.base(), ACCEPT, phase, job -> {});
                new ClosedLoop(List.of(gateway.base()), bench.get(Common.CONNECTIONS)).runFor(posts, time);
                jobs += posts.accepted();
                accepted.add(posts.accepted() / phase.seconds());
                accept.add(micros(before, posts.accepted()));
                wrong += phase.failed().sum() + posts.refused();
            }
            acceptTimes.add(phase.latency());
        }

        private void refusals(String name, Duration time) throws Exception {
            Duration before = gateway.processor();
            Phase phase = bench.phase(name, time);
            try (phase) {
                Refusals posts = new Refusals(gateway.base(), FULL, phase);
                new ClosedLoop(List.of(gateway.base()), bench.get(Common.CONNECTIONS)).runFor(posts, time);
                refused.add(posts.refused() / phase.seconds());
                refusal.add(micros(before, posts.refused()));
                ratio.add(refusal.get(refusal.size() - 1) / accept.get(accept.size() - 1));
                hasty += posts.withoutRetryAfter();
                wrong += phase.failed().sum() + posts.accepted();
            }
            refusalTimes.add(phase.latency());
        }

        private void state(String name, Latencies latencies) {
            bench.figure(Figure.lower(name + ", p50", "ms", Latencies.millis(latencies.total(), 50)));
            bench.figure(Figure.lower(name + ", p99", "ms", Latencies.millis(latencies.total(), 99)));
            bench.distribution(name, latencies.total());
        }

        private double micros(Duration before, long answers) {
            return gateway.processor().minus(before).toNanos() / 1e3 / Math.max(1, answers);
        }

        /** What was measured while it was warming up does not count; what was wrong does. */
        private void forget() {
            List.of(accept, refusal, ratio, accepted, refused).forEach(List::clear);
            acceptTimes = new Latencies();
            refusalTimes = new Latencies();
        }

        private void settle() throws InterruptedException {
            bench.figure(Figure.higher("accepts", "1/s", LoadedServer.median(accepted))
                    .slices(accepted));
            bench.figure(Figure.higher("refusals", "1/s", LoadedServer.median(refused))
                    .slices(refused));
            if (gateway.process().isPresent()) {
                bench.figure(Figure.lower("processor time per accept", "us", LoadedServer.median(accept))
                        .slices(accept));
                bench.figure(Figure.lower("processor time per refusal", "us", LoadedServer.median(refusal))
                        .slices(refusal));
                bench.figure(Figure.lower("a refusal costs of an accept", "", LoadedServer.median(ratio))
                        .slices(ratio));
            }
            state("accept of a closed loop", acceptTimes);
            state("refusal of a closed loop", refusalTimes);
            bench.accounts().zero("refusals without Retry-After", hasty);
            bench.accounts().zero("answers that were neither accept nor refusal as expected", wrong);
            long kept = Kept.unfinished(gateway, AcceptLoad.ROUTE);
            bench.accounts().count("accepted as fast as it went", jobs);
            bench.accounts().zero("lost", Math.max(0, jobs - kept));
        }
    }
}
