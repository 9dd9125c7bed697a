/**
 * What the engines of the journal have in common, each thing once, without any I/O of its own:
 * {@link dev.sluice.journal.core.JobCodec} the stored form of jobs, {@link dev.sluice.journal.core.Decision} what becomes of
 * a move, {@link dev.sluice.journal.core.BodyIntake} how bodies come in, {@link dev.sluice.journal.core.GroupCommitter} how
 * callers share a write, {@link dev.sluice.journal.core.Facts} durable values by name,
 * {@link dev.sluice.journal.core.Tails} who hears of events, and {@link dev.sluice.journal.core.queue} what waits. The engines
 * build on it, and it knows none of them.
 */
@NullMarked
package dev.sluice.journal.core;

import org.jspecify.annotations.NullMarked;
