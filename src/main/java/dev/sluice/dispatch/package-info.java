/**
 * Work out. {@link dev.sluice.dispatch.Dispatcher} requests jobs from the queue, as many per route as its concurrency allows; an
 * {@link dev.sluice.dispatch.Attempt} is one call of the backend, from the stored request to the recorded outcome. A failure
 * within an attempt is recorded as its outcome and never fails the pipeline. Where the backend takes the work over with its 202,
 * the attempt parks the job; a {@link dev.sluice.dispatch.Check} of it goes on with it later: a {@link dev.sluice.dispatch.Poll} of
 * the operation that the backend named, or what becomes of an answer that came by a later call, or of silence.
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
