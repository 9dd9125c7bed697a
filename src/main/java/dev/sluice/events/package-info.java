/**
 * What readers see of a job. {@link dev.sluice.events.EventStream} gives a reader the events so far, then the live ones:
 * no gap, no repeat, in order. One subscription to the journal's tail serves all readers of this node, and an event is
 * turned into bytes once ({@link dev.sluice.events.Frame}), however many readers it is told to.
 * {@link dev.sluice.events.JobWatch} waits for a job on behalf of clients that prefer to.
 * {@link dev.sluice.events.AllEvents} tells operators what happens to all jobs, live only.
 * {@link dev.sluice.events.JobJson} is the one place that says how jobs, events and problems look as JSON.
 */
@NullMarked
package dev.sluice.events;

import org.jspecify.annotations.NullMarked;
