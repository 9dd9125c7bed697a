package dev.sluice.journal.core;

import dev.sluice.job.JobTokens;
import org.jspecify.annotations.Nullable;

/**
 * Durable values by name, of which a journal has a few; where several nodes share it, they share them. Every method blocks;
 * what was put is on stable storage. Each may fail with {@link dev.sluice.journal.JournalUnavailableException}: a value that
 * was to be put may be there then, or not.
 */
public interface Facts {

    /** The value of that name; null if there is none. */
    byte @Nullable [] get(String name);

    /** Sets a value. */
    void put(String name, byte[] value);

    /** The value of that name, which is this one if there was none. Whoever asks at the same time gets the same. */
    byte[] keep(String name, byte[] value);

    /** The secret of the installation. */
    default byte[] secret() {
        return keep("secret", JobTokens.newSecret());
    }
}
