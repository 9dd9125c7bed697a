package dev.sluice.journal;

/** A body cannot be read to its end, because its job was erased meanwhile. Without a stack trace: clients may do that at will. */
public final class JobErasedException extends RuntimeException {

    public JobErasedException() {
        super("the job was erased while its body was read", null, false, false);
    }
}
