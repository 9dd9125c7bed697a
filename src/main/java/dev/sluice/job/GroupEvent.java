package dev.sluice.job;

import java.time.Instant;
import java.util.Locale;

/**
 * Something that happened in a group: to one of its jobs, or to the group itself. Numbered 1, 2, 3, … in the group; {@code output}
 * events of jobs are not among them. The last one is always {@link Change#FINISHED}.
 */
public sealed interface GroupEvent {

    /** The number of the event in its group, from 1. */
    long seq();

    /** An event of a job of the group; those of one job come in order. */
    record OfJob(long seq, JobEvent event) implements GroupEvent {}

    /**
     * The group itself changed.
     *
     * @param group the group with this event
     */
    record OfGroup(long seq, Change change, Instant at, Group group) implements GroupEvent {}

    /** What can happen to a group. */
    enum Change {
        CREATED,
        CLOSED,
        FINISHED;

        private final String text = name().toLowerCase(Locale.ROOT);

        /** The name as clients see it. */
        public String text() {
            return text;
        }
    }
}
