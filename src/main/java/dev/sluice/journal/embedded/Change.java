package dev.sluice.journal.embedded;

import dev.sluice.journal.core.GroupCommitter;

/**
 * A write submitted to the {@link Writer}. All methods but those of {@link GroupCommitter.Member} are called on the
 * writer's thread: {@link #stage} first, then {@link #committed}, {@link #failed} or {@link #inDoubt}.
 */
interface Change extends GroupCommitter.Member {

    /**
     * Decides, and adds its writes to the group, if any. An exception thrown before anything was added fails this
     * change alone.
     */
    void stage(CommitGroup group);

    /** The group has been written, and synced if any of its changes requested it. */
    void committed();

    /**
     * The group was to be written, and it is unknown whether it was. Fails towards the caller; but what its writes refer
     * to has to stay, because the group is there after a restart if it was written.
     */
    default void inDoubt(Throwable error) {
        failed(error);
    }

    /** Called after {@link #inDoubt}, unless this process ends before: its writes are taken back. */
    default void rolledBack() {}

    /** Whether it fails while the store cannot be written. */
    default boolean writes() {
        return true;
    }
}
