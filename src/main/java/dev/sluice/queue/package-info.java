/**
 * What this node has taken on. {@link dev.sluice.queue.ClientLimits} says whether a client may send one more request,
 * {@link dev.sluice.queue.Admission} whether there is a place for one more job and {@link dev.sluice.queue.Estimator}
 * when it will be done. {@link dev.sluice.queue.JobQueue} is the bounded sink, one per
 * route: what its reader asks for is the room that the {@link dev.sluice.queue.Claimer} fills from the journal, the only
 * way on which jobs come, be they new, due again, or left behind by a crash. {@link dev.sluice.queue.LeaseKeeper} keeps
 * what was claimed, {@link dev.sluice.queue.DeadlineKeeper} ends what is not finished in time, and
 * {@link dev.sluice.queue.Recorder} writes down what became of a job, also when the journal is away for a while.
 *
 * <p>Claims, renewals, deadlines and their timers run on one thread, {@code sluice-queue}; nothing on it waits.
 */
@NullMarked
package dev.sluice.queue;

import org.jspecify.annotations.NullMarked;
