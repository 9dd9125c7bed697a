package dev.sluice.journal;

/** A job names a group that does not exist, or was erased: nothing was stored. */
public final class GroupUnknownException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public GroupUnknownException() {
        super("there is no such group", null, false, false);
    }
}
