package dev.sluice.journal;

/**
 * There is no room for new jobs, because what is left of the disk or of the memory is kept for those that were accepted; nothing
 * was done. The message is for the operator, not for clients.
 */
public final class JournalFullException extends RuntimeException {

    public JournalFullException(String message) {
        // Thrown once per refused request for as long as the disk is full: no stack trace.
        super(message, null, false, false);
    }
}
