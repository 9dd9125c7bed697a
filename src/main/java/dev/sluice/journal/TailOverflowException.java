package dev.sluice.journal;

/** A subscriber of the tail did not keep up; the missed events are in the history. */
public final class TailOverflowException extends RuntimeException {

    public TailOverflowException() {
        super("the subscriber did not keep up with the tail", null, false, false);
    }
}
