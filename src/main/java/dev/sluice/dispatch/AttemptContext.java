package dev.sluice.dispatch;

import dev.sluice.backend.Backend;
import dev.sluice.journal.JobReader;
import dev.sluice.protection.Protections;
import dev.sluice.queue.Estimator;
import dev.sluice.queue.Recorder;
import dev.sluice.route.CallPolicy;
import java.time.Clock;
import java.time.Instant;
import java.util.function.Consumer;
import reactor.core.scheduler.Scheduler;

/** What all attempts of one route share. */
record AttemptContext(CallPolicy policy, DispatchMeters meters, Services services) {

    /**
     * What all attempts share.
     *
     * @param parked told when a job that this node has parked is to be checked on
     * @param deletes deletes the operations of jobs that were cancelled while they were being parked
     * @param since when this node began to listen to backends
     */
    record Services(
            JobReader journal,
            Backend backend,
            Recorder recorder,
            Estimator estimator,
            Protections protections,
            BodyBytes bodies,
            ReportUrls urls,
            Consumer<Instant> parked,
            LateDeletes deletes,
            Instant since,
            Clock clock,
            Scheduler scheduler) {}
}
