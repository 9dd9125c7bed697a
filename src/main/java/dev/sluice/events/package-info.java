/**
 * The events of jobs as clients read them. {@link dev.sluice.events.EventStream} gives a reader the history of a job, then
 * its live events: without a gap, without a repeat, in order, which {@link dev.sluice.events.Resequencer} decides. One
 * subscription to the journal's tail serves all readers of this node ({@link dev.sluice.events.JobEventMulticaster}), and an
 * event is encoded once ({@link dev.sluice.events.SseFrame}), however many readers it is sent to.
 * {@link dev.sluice.events.JobWatch} waits for a job on behalf of clients that prefer to.
 *
 * <p>{@link dev.sluice.events.Answers} follows the answer to an attempt from any byte, for readers of its output and for clients that
 * wait. A journal that is away for a moment breaks off neither ({@link dev.sluice.events.WhileAway}), and few read it at once
 * ({@link dev.sluice.events.AnswerReads}).
 *
 * <p>{@link dev.sluice.events.GroupStream} streams the events of a group: read and encoded once for all readers of it on this node
 * ({@link dev.sluice.events.GroupChannel}). {@link dev.sluice.events.GroupWatch} waits for a group.
 *
 * <p>{@link dev.sluice.events.AllEvents} streams the live events of all jobs to operators.
 * {@link dev.sluice.representation.JobJson} encodes jobs, events and problems as JSON.
 */
@NullMarked
package dev.sluice.events;

import org.jspecify.annotations.NullMarked;
