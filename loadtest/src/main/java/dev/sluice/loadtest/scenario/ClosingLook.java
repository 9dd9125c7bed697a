package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.account.JobAudit;
import dev.sluice.loadtest.account.Submitted;
import java.net.URI;
import java.util.List;
import java.util.Queue;

/** How the jobs have ended, as their status says. */
final class ClosingLook {

    private ClosingLook() {}

    static void at(Bench bench, List<URI> bases, Queue<Submitted> jobs) throws Exception {
        List<String> usual =
                jobs.stream().filter(job -> !job.once()).map(Submitted::path).toList();
        List<String> once =
                jobs.stream().filter(Submitted::once).map(Submitted::path).toList();
        JobAudit.Found found = JobAudit.look(bases, usual);
        JobAudit.Found atMostOnce = JobAudit.look(bases, once);
        found.settle(bench.accounts());
        found.examples().forEach(example -> bench.say("  not in order: " + example));
        bench.accounts().count("accepted", atMostOnce.jobs());
        bench.accounts().count("finished", atMostOnce.good() + atMostOnce.failed());
        bench.accounts().zero("lost", atMostOnce.lost());
        bench.accounts().zero("ids given twice", atMostOnce.doubled());
        bench.accounts().count("of at most one attempt, failed for it", atMostOnce.failed());
    }
}
