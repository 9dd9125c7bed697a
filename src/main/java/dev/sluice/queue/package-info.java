/**
 * The jobs that this node has taken on. {@link dev.sluice.queue.ClientLimits} decides whether a client may send another request,
 * {@link dev.sluice.queue.Admission} whether there is capacity for another job, and {@link dev.sluice.queue.Estimator} estimates
 * when it will be finished. {@link dev.sluice.queue.JobQueue} has one bounded sink per route; the
 * {@link dev.sluice.queue.Claimer} claims as many jobs from the journal as its readers request, be they new, due again or left
 * behind by a crash; when none is left it lets a claim stand, so that the next one is started in the step that accepts it. The {@link dev.sluice.queue.Resumer} claims parked jobs, whose backends have taken the work over, when they
 * are to be checked on. {@link dev.sluice.queue.LeaseKeeper} renews the leases of running jobs,
 * {@link dev.sluice.queue.DeadlineKeeper} ends jobs that miss their deadline, and {@link dev.sluice.queue.Recorder} records
 * outcomes, retrying while the journal is unavailable.
 *
 * <p>Claims, renewals, deadlines and their timers run on one thread, {@code sluice-queue}, which never blocks.
 */
@NullMarked
package dev.sluice.queue;

import org.jspecify.annotations.NullMarked;
