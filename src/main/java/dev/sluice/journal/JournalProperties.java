package dev.sluice.journal;

import java.nio.file.Path;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The keys under {@code sluice.journal}. How long a finished job is kept is its route's to say.
 *
 * @param type which adapter keeps the record
 * @param path directory of the record, relative to the working directory
 * @param tombstones how long an expired id is still known as such
 */
@ConfigurationProperties(prefix = "sluice.journal", ignoreUnknownFields = false)
public record JournalProperties(
        @DefaultValue("rocksdb") Type type,
        @DefaultValue("data") Path path,
        @DefaultValue("7d") Duration tombstones) {

    /** The adapters. */
    public enum Type {
        /** Embedded and durable. */
        ROCKSDB,
        /** For trying things out: nothing survives the process. */
        MEMORY
    }

    public JournalProperties {
        if (tombstones.isNegative()) {
            throw new IllegalArgumentException("sluice.journal.tombstones is " + tombstones + "; expected 0s or more");
        }
    }
}
