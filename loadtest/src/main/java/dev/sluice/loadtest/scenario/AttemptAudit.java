package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.account.JobAudit;
import dev.sluice.loadtest.load.FaultyBackend;
import dev.sluice.loadtest.report.Figure;
import dev.sluice.loadtest.rig.Gateway;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Compares how each job of a failing backend ended with the calls that the backend has seen of it. */
final class AttemptAudit {

    private static final int ATTEMPTS = 5; // as application.yaml says

    private final FaultyBackend backend;
    private final Queue<String> jobs = new ConcurrentLinkedQueue<>();
    private final Verdicts verdicts = new Verdicts(ATTEMPTS);

    AttemptAudit(FaultyBackend backend) {
        this.backend = backend;
    }

    void accepted(SmallRequests.Seen seen) {
        if (!seen.job().isEmpty()) {
            jobs.add(seen.job());
        }
    }

    /** What the two of them say of the jobs, one by one. */
    static final class Verdicts {

        private final int attempts;
        final List<Double> calls = new ArrayList<>();
        long tooMany;
        long falseSuccess;
        long falseFailure;
        long early;
        long failed;
        long twice;

        Verdicts(int attempts) {
            this.attempts = attempts;
        }

        void job(String state, FaultyBackend.Calls seen) {
            calls.add((double) seen.calls());
            tooMany += seen.calls() > attempts ? 1 : 0;
            twice += seen.good() > 1 ? 1 : 0;
            if (state.equals("succeeded")) {
                falseSuccess += seen.good() == 0 ? 1 : 0;
            } else if (state.equals("failed")) {
                failed++;
                falseFailure += seen.good() > 0 ? 1 : 0;
                early += seen.calls() < attempts ? 1 : 0;
            }
        }
    }

    void settle(Bench bench, Gateway gateway) throws Exception {
        List<String> paths = List.copyOf(jobs);
        JobAudit.Found found = JobAudit.look(
                List.of(gateway.base()),
                paths,
                (path, state) -> verdicts.job(state, backend.of(path.substring(path.lastIndexOf('/') + 1))));
        double mean =
                verdicts.calls.stream().mapToDouble(calls -> calls).average().orElse(0);
        bench.figure(Figure.plain("calls per job that the backend has seen", "", mean));
        bench.figure(Figure.plain("jobs that failed", "%", 100.0 * verdicts.failed / Math.max(1, paths.size())));
        bench.accounts().count("accepted", found.jobs());
        bench.accounts().count("finished", found.good() + found.failed());
        bench.accounts().zero("lost", found.lost());
        bench.accounts().zero("ids given twice", found.doubled());
        bench.accounts().count("failed, because each of their attempts did", verdicts.failed - verdicts.early);
        bench.accounts().zero("failed with attempts left", verdicts.early);
        bench.accounts().zero("called more often than attempts allow", verdicts.tooMany);
        bench.accounts().zero("succeeded, and the backend knows of no success", verdicts.falseSuccess);
        bench.accounts().zero("failed, and the backend knows of a success", verdicts.falseFailure);
        bench.accounts().count("answered with success more than once", verdicts.twice);
    }
}
