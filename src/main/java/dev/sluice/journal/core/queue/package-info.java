/** The in-memory index of unfinished jobs: the queued ones in claim order, the parked ones by due time, and the deadlines. */
@NullMarked
package dev.sluice.journal.core.queue;

import org.jspecify.annotations.NullMarked;
