package dev.sluice.journal;

/** More is waiting to be written than the journal holds in memory; nothing was done, and it is worth trying again. */
public final class JournalOverloadedException extends RuntimeException {

    public JournalOverloadedException() {
        // Thrown once per refused request under overload: a stack trace would cost more than the refusal.
        super("more is waiting to be written than the journal holds in memory", null, false, false);
    }
}
