package dev.sluice.events;

/** An answer broke off, or cannot be followed any longer, and must not be taken for complete. */
public final class BrokenAnswerException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    BrokenAnswerException(String reason) {
        super(reason, null, false, false);
    }
}
