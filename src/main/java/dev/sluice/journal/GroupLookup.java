package dev.sluice.journal;

import dev.sluice.job.Group;

/** What is known of the id of a group that was once given out. */
public sealed interface GroupLookup {

    /** The group as it stands. */
    record Known(Group group) implements GroupLookup {}

    /** The group was erased; only its tombstone remains. */
    record Expired() implements GroupLookup {}
}
