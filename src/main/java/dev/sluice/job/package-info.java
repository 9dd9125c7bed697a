/**
 * The job in plain Java: its spec, its status and the events that lead from one state to the next, independent of HTTP
 * servers, storage and threads. {@link dev.sluice.job.Job} is the sum of its events; every legal move is one
 * {@link dev.sluice.job.Transition}. An attribute that is settled at acceptance is added in
 * {@link dev.sluice.job.JobSpec}, one that changes in {@link dev.sluice.job.JobStatus}. {@link dev.sluice.job.Output} is a piece
 * of a streamed response, {@link dev.sluice.job.Awaiting} what a parked job waits for, and {@link dev.sluice.job.Group} jobs that
 * are watched as one.
 */
@NullMarked
package dev.sluice.job;

import org.jspecify.annotations.NullMarked;
