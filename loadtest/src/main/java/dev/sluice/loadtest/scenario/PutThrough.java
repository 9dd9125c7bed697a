package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.account.JobAudit;
import dev.sluice.loadtest.load.ClosedLoop;
import dev.sluice.loadtest.load.Submitting;
import dev.sluice.loadtest.measure.Phase;
import dev.sluice.loadtest.rig.Gateway;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Jobs as fast as they are taken, until the last one has ended; every one is looked at. */
final class PutThrough {

    private static final Duration LIMIT = Duration.ofMinutes(30);
    private static final String ROUTE = "e2e";

    private PutThrough() {}

    /**
     * Does it.
     *
     * @return jobs a second until the last result was stored
     */
    static double run(Bench bench, Gateway gateway, String name, int jobs) throws Exception {
        List<String> paths = new ArrayList<>(jobs);
        Phase phase = bench.phase(name, jobs);
        try (phase) {
            long before = Kept.finished(gateway.metrics(), ROUTE);
            Submitting posts = new Submitting(gateway.base(), "/e2e", phase, paths::add);
            new ClosedLoop(List.of(gateway.base()), bench.get(Common.CONNECTIONS)).run(posts, jobs, LIMIT);
            while (Kept.finished(gateway.metrics(), ROUTE) - before < posts.accepted()
                    && phase.seconds() < LIMIT.toSeconds()) {
                Thread.sleep(20); // it can only be asked
            }
            bench.accounts().zero("answers that were no 202", phase.failed().sum());
        }
        JobAudit.Found found = JobAudit.look(List.of(gateway.base()), paths);
        found.settle(bench.accounts());
        found.examples().forEach(example -> bench.say("  not in order: " + example));
        return jobs / phase.seconds();
    }
}
