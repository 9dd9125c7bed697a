package dev.sluice.journal;

/** A group had finished before it was to be cancelled: nothing has changed. */
public final class GroupFinishedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public GroupFinishedException() {
        super("the group has finished", null, false, false);
    }
}
