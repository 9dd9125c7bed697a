package dev.sluice.journal.core;

import org.jspecify.annotations.Nullable;

/** Durable values by name, of which a journal has a few. Every method blocks; what was put is on stable storage. */
public interface Facts {

    /** The value of that name; null if there is none. */
    byte @Nullable [] get(String name);

    /** Sets a value. */
    void put(String name, byte[] value);

    /** The value of that name, which is this one if there was none. Where several nodes share the journal all get the same. */
    byte[] keep(String name, byte[] value);
}
