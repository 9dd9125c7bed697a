package dev.sluice.journal.core.queue;

import org.jspecify.annotations.Nullable;

/** Who sent some of the waiting jobs of a route. Costs about 40 bytes, its entry in the {@link CallerTable} included. */
final class WaitingCaller {

    final long value;

    /** The number of waiting jobs that refer to it. */
    int jobs;

    /** Its jobs that were set aside, in claim order; null if there are none. */
    @Nullable
    WaitingOrder aside;

    /** The next one in its bucket of the table. */
    @Nullable
    WaitingCaller next;

    WaitingCaller(long value) {
        this.value = value;
    }
}
