package dev.sluice.journal.core;

import dev.sluice.job.JobTokens;
import org.jspecify.annotations.Nullable;

/**
 * A few durable named values of a journal, shared by all its nodes. Every method blocks; a value that was put is on
 * stable storage. Each may fail with {@link dev.sluice.journal.JournalUnavailableException}; whether a value was put is
 * then unknown.
 */
public interface Facts {

    /** Returns the value of a name; null if there is none. */
    byte @Nullable [] get(String name);

    /** Sets a value. */
    void put(String name, byte[] value);

    /** Returns the value of a name, putting this one if there is none. Concurrent callers get the same value. */
    byte[] keep(String name, byte[] value);

    /** Returns the secret of the installation, creating it if necessary. */
    default byte[] secret() {
        return keep("secret", JobTokens.newSecret());
    }
}
