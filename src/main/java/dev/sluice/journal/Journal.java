package dev.sluice.journal;

/**
 * The durable record of all jobs.
 *
 * <p>Every method that returns a publisher is lazy: nothing happens before subscription, and each subscription executes
 * it once. None blocks the subscriber's thread, and none is guaranteed to signal on it: results arrive on the journal's
 * own threads, so that what follows must be short or moved elsewhere. A write completes when it is durable:
 * {@link #append} and a move to a final state when they are on stable storage and survive a power cut, the others when
 * they survive a killed process. Starting a job that has only one attempt is on stable storage too, because the attempt
 * must not be repeated after a power cut.
 *
 * <p>Errors of every method: {@link JournalUnavailableException} when the journal cannot write or read at present
 * (nothing has changed, as far as any reader can observe), {@link IllegalStateException} after {@link #close}.
 *
 * <p>Bodies are sequences of byte arrays of any length; ownership of an array passes to the receiver. Bodies are
 * streamed with back-pressure: an adapter holds a bounded number of bytes of each, whatever its length.
 */
public interface Journal extends JobIntake, WorkQueue, JobReader, Groups, SharedValues, JournalUpkeep {}
