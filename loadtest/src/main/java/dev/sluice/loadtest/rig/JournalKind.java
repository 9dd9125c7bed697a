package dev.sluice.loadtest.rig;

/** Values of {@code sluice.journal.type}. */
public enum JournalKind {
    MEMORY,
    ROCKSDB,
    POSTGRES;

    public String key() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }

    /** Whether jobs are there after the gateway was killed. */
    public boolean durable() {
        return this != MEMORY;
    }
}
