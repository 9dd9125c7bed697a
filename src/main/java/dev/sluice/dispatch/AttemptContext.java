package dev.sluice.dispatch;

import dev.sluice.backend.Backend;
import dev.sluice.journal.JobReader;
import dev.sluice.protection.Protections;
import dev.sluice.queue.Estimator;
import dev.sluice.queue.Recorder;
import dev.sluice.route.CallPolicy;
import java.time.Clock;
import reactor.core.scheduler.Scheduler;

/** What all attempts of one route share. */
record AttemptContext(CallPolicy policy, DispatchMeters meters, Services services) {

    /** What all attempts share. */
    record Services(
            JobReader journal,
            Backend backend,
            Recorder recorder,
            Estimator estimator,
            Protections protections,
            BodyBytes bodies,
            ReportUrls urls,
            Clock clock,
            Scheduler scheduler) {}
}
