package dev.sluice.journal;

/**
 * A body cannot be read to its end because its job was erased meanwhile. Has no stack trace, because clients can cause
 * it at will.
 */
public final class JobErasedException extends RuntimeException {

    public JobErasedException() {
        super("the job was erased while its body was read", null, false, false);
    }
}
