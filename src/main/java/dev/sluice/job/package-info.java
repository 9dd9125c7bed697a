/**
 * The job in plain Java: its spec, its status and the events that lead from one state to the next, independent of HTTP
 * servers, storage and threads. {@link dev.sluice.job.Job} is the sum of its events; every legal move is one
 * {@link dev.sluice.job.Transition}. An attribute that is settled at acceptance is added in
 * {@link dev.sluice.job.JobSpec}, one that changes in {@link dev.sluice.job.JobStatus}.
 */
@NullMarked
package dev.sluice.job;

import org.jspecify.annotations.NullMarked;
