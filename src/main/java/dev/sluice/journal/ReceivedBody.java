package dev.sluice.journal;

/**
 * The body of a response that the journal has taken in and that is nobody's result yet: see {@link WorkQueue#receive}. Each
 * engine has its own, and understands no other's.
 */
public interface ReceivedBody {

    /** Bytes in all. */
    long size();
}
