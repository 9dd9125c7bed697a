/**
 * Work out. {@link dev.sluice.dispatch.Dispatcher} requests jobs from the queue, as many per route as its concurrency allows; an
 * {@link dev.sluice.dispatch.Attempt} is one call of the backend, from the stored request to the recorded outcome. A failure
 * within an attempt is recorded as its outcome and never fails the pipeline.
 *
 * <p>Threads: an attempt begins on {@code sluice-dispatch} (as many threads as cores) once its request is read, continues on the
 * event loop of the backend's connection, and its outcome is recorded by the journal. Nothing here blocks a thread.
 */
@NullMarked
package dev.sluice.dispatch;

import org.jspecify.annotations.NullMarked;
