package dev.sluice.journal;

/** A job names a group that takes no more jobs: nothing was stored. */
public final class GroupClosedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public GroupClosedException() {
        super("the group takes no more jobs", null, false, false);
    }
}
