/**
 * Work out. {@link dev.sluice.dispatch.Dispatcher} reads each route's jobs from the queue with as much demand as the
 * route allows attempts at once; an {@link dev.sluice.dispatch.Attempt} is one call of the backend, from the stored
 * request to the recorded outcome. What can go wrong in an attempt ends in a record of it, never in the pipeline.
 *
 * <p>Threads: an attempt begins on {@code sluice-dispatch} (as many threads as cores) once its request is read, goes on
 * with the backend's connection, and is recorded by the journal. Nothing here waits on a thread.
 */
@NullMarked
package dev.sluice.dispatch;

import org.jspecify.annotations.NullMarked;
