package dev.sluice.journal.embedded;

import dev.sluice.journal.core.GroupCommitter;

/**
 * A write submitted to the {@link Writer}. All methods but those of {@link GroupCommitter.Member} are called on the
 * writer's thread: {@link #stage} first, then {@link #committed} or {@link #failed}.
 */
interface Change extends GroupCommitter.Member {

    /**
     * Decides, and adds its writes to the group, if any. An exception thrown before anything was added fails this
     * change alone.
     */
    void stage(CommitGroup group);

    /** The group has been written, and synced if any of its changes requested it. */
    void committed();

    /** Whether it fails while the store cannot be written. */
    default boolean writes() {
        return true;
    }
}
