package dev.sluice.journal.embedded;

import dev.sluice.journal.core.GroupCommitter;

/**
 * Something that is to be written. All methods but those of a {@link GroupCommitter.Member} are called by the
 * {@link Writer}'s thread, in this order: {@link #stage}, then {@link #committed} or {@link #failed}.
 */
interface Change extends GroupCommitter.Member {

    /**
     * Decides, then adds what is to be written to the group. A change that has nothing to write adds nothing. What it
     * throws before adding anything fails this change alone.
     */
    void stage(Group group);

    /** The group is written, and synced if any of its changes asked for that. */
    void committed();

    /** Whether it is of no use while nothing can be written. */
    default boolean writes() {
        return true;
    }
}
