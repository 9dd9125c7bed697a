package dev.sluice.ingress;

/** A body whose framing cannot be read, such as a chunk without a size. */
final class BrokenBodyException extends RuntimeException {

    BrokenBodyException(Throwable cause) {
        super("the body's framing is broken", cause, false, false);
    }
}
