package dev.sluice.journal;

/**
 * The durable record of all jobs.
 *
 * <p>Every verb is lazy: nothing happens before subscription, and each subscription does it once. No verb ever blocks its
 * subscriber's thread, and none may be relied on to signal on it: results arrive on the journal's own threads, so what
 * follows a verb must be short or moved elsewhere. A verb that writes completes when it is written: {@link #append} and a
 * move to a final state when they are on stable storage (a power cut cannot undo them), the others when a killed process
 * cannot undo them. A move that starts a job that has only one try is on stable storage too, because after a power cut it
 * must not be tried again.
 *
 * <p>Errors, for every verb: {@link JournalUnavailableException} when the journal cannot write or read at present (nothing
 * was done, as far as anyone will ever see), {@link IllegalStateException} after {@link #close}.
 *
 * <p>Bodies are sequences of byte arrays of any length. Who hands over an array no longer touches it. Bodies are streamed
 * with back-pressure: an adapter holds a bounded number of bytes of each, whatever its length.
 */
public interface Journal extends JobIntake, WorkQueue, JobReader, JournalUpkeep {}
