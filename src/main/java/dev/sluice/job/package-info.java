/**
 * The noun, in plain Java: a job, its state and the events that lead from one state to the next. Nothing here knows of
 * HTTP servers, storage or threads. {@link dev.sluice.job.Job} is what its events add up to; every legal move is one
 * {@link dev.sluice.job.Transition}.
 */
@NullMarked
package dev.sluice.job;

import org.jspecify.annotations.NullMarked;
