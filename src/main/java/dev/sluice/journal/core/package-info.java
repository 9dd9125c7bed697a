/**
 * The core shared by the engines of the journal, without any I/O of its own: {@link dev.sluice.journal.core.JobCodec}
 * is the stored form of jobs, {@link dev.sluice.journal.core.Decision} the outcome of a move,
 * {@link dev.sluice.journal.core.BodyIntake} receives bodies, {@link dev.sluice.journal.core.GroupCommitter} lets
 * callers share a write, {@link dev.sluice.journal.core.Facts} holds durable values by name,
 * {@link dev.sluice.journal.core.Tails} the subscribers to live events, and {@link dev.sluice.journal.core.queue} the
 * waiting jobs. {@link dev.sluice.journal.core.ComposedJournal} makes one journal of the parts that an engine implements. The
 * engines depend on the core; it depends on none of them.
 */
@NullMarked
package dev.sluice.journal.core;

import org.jspecify.annotations.NullMarked;
