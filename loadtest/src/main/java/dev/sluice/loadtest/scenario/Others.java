package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.account.EventAudit;
import dev.sluice.loadtest.load.Client;
import dev.sluice.loadtest.measure.Phase;
import dev.sluice.loadtest.rig.Gateway;
import java.net.URI;
import java.time.Duration;
import java.util.List;

/**
 * Those who must not feel what goes on beside them: small requests to one route, and jobs of another one, whose events are read
 * until their end. Each is measured alone and beside it.
 */
final class Others implements AutoCloseable {

    static final Option<Integer> SMALL = Common.RATE.usually("200").meaning("small requests a second to another route");
    static final Option<Integer> FOLLOWED =
            Option.count("followed", 50, 1, 10_000, "jobs a second of another route whose events are read");

    private static final Duration WORK = Duration.ofMillis(100);

    private final Bench bench;
    private final Client client = Following.client();
    private final EventAudit audit = new EventAudit();
    private final Following following;
    private final SmallRequests small;
    private final Contrast accepts;
    private final Contrast told;

    /**
     * To be measured.
     *
     * @param beside what goes on in the other rounds, such as "beside the slow backend"
     */
    Others(Bench bench, Gateway gateway, String beside) {
        this.bench = bench;
        URI base = gateway.base();
        this.following = new Following(client, List.of(base), Following.target(WORK), WORK, audit);
        this.small = new SmallRequests(base.resolve("/accept?hang=true"), bench.get(SMALL));
        this.accepts = new Contrast("202 of another route", beside);
        this.told = new Contrast("told of the end of jobs of another route", beside);
    }

    /** Runs them for a time that is not measured. */
    void warmUp(String name, Duration time) throws Exception {
        if (!time.isZero()) {
            run(name, time);
        }
    }

    void alone(String name, Duration time) throws Exception {
        Seen seen = run(name, time);
        accepts.alone(seen.small().latency());
        told.alone(seen.followed().latency());
    }

    void beside(String name, Duration time) throws Exception {
        Seen seen = run(name, time);
        accepts.beside(seen.small().latency());
        told.beside(seen.followed().latency());
    }

    private record Seen(Phase small, Phase followed) {}

    private Seen run(String name, Duration time) throws Exception {
        Phase followed = new Phase("followed", 0, time, 0, () -> {}); // shown by its figures only
        Phase phase = bench.phase(name, time);
        int rate = bench.get(FOLLOWED);
        try (phase;
                Background jobs =
                        Background.of(() -> following.run(rate, Math.max(1, rate * time.toSeconds()), followed))) {
            small.run(time, phase);
            jobs.join();
        }
        return new Seen(phase, followed);
    }

    /** States what was measured and enters all of them into the accounts. */
    void settle() {
        accepts.state(bench);
        told.state(bench);
        small.settle(bench, "small requests");
        bench.accounts().count("jobs followed on another route", following.succeeded.sum());
        bench.accounts().zero("of these not succeeded, or not told of", following.wrong.sum());
        audit.settle(bench.accounts());
    }

    @Override
    public void close() {
        small.close();
        client.close();
    }
}
