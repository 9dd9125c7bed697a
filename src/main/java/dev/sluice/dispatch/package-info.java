/**
 * Jobs are worked out here. {@link dev.sluice.dispatch.Dispatcher} requests jobs from the queue, as many per route as its concurrency allows; an
 * {@link dev.sluice.dispatch.Attempt} is one call of the backend, from the stored request to the recorded outcome. A failure
 * within an attempt is recorded as its outcome and never fails the pipeline. Where the backend takes the work over with its 202,
 * the attempt parks the job, and a {@link dev.sluice.dispatch.Check} takes it up again when it is due: it polls the operation that
 * the backend named ({@link dev.sluice.dispatch.Poll}), ends the job with an answer that came by a later call, or fails the attempt
 * because the backend was silent for too long.
 *
 * <p>A streamed response is cut into pieces by {@link dev.sluice.dispatch.OutputChunker}, which
 * {@link dev.sluice.dispatch.OutputBatches} hands to the journal in batches. {@code DeliveringBackend} calls the receivers of
 * callbacks.
 *
 * <p>Threads: an attempt begins on {@code sluice-dispatch} (as many threads as cores) once its request is read, continues on the
 * event loop of the backend's connection, and its outcome is recorded by the journal. Nothing here blocks a thread.
 */
@NullMarked
package dev.sluice.dispatch;

import org.jspecify.annotations.NullMarked;
