/** The in-memory index of unfinished jobs: the queued ones in claim order, and the deadlines. */
@NullMarked
package dev.sluice.journal.core.queue;

import org.jspecify.annotations.NullMarked;
