package dev.sluice.loadtest.rig;

/** Something that a run needs is missing or does not work. The message says what, and what to do. */
public final class RigException extends RuntimeException {

    public RigException(String message) {
        super(message);
    }

    public RigException(String message, Throwable cause) {
        super(message, cause);
    }
}
