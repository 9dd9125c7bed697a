/** What waits, in memory: the queued jobs in the order of their turn and the deadlines of unfinished ones. */
@NullMarked
package dev.sluice.journal.core.queue;

import org.jspecify.annotations.NullMarked;
