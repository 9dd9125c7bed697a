package dev.sluice.events;

/** A reader of an event stream lagged behind more than its buffer holds and was disconnected; it can come back and resume. */
public final class SlowReaderException extends RuntimeException {

    SlowReaderException() {
        super("the reader lagged behind more than its buffer holds", null, false, false);
    }
}
