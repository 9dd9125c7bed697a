package dev.sluice.journal;

/**
 * The body of a response that the journal has received and that is not yet the result of its job, see
 * {@link WorkQueue#receive}. Opaque: only the adapter that created it understands it.
 */
public interface ReceivedBody {

    /** The size in bytes. */
    long size();
}
