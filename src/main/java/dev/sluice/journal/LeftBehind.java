package dev.sluice.journal;

import java.nio.file.Files;
import java.util.Optional;

/** Warns an operator who switched between adapters: no adapter takes over the jobs of another. */
final class LeftBehind {

    /** The file that every RocksDB has. */
    private static final String ROCKSDB = "CURRENT";

    private LeftBehind() {}

    /** Describes jobs or settings of another adapter that are not used; empty if there are none. Accesses the disk. */
    static Optional<String> by(JournalProperties properties) {
        JournalProperties.Type type = properties.type();
        if (type == JournalProperties.Type.POSTGRES
                && Files.exists(properties.path().resolve(ROCKSDB))) {
            return Optional.of("sluice.journal.type is postgres, and " + properties.path()
                    + " holds the jobs of a gateway that ran with type rocksdb: they stay there untouched and are not"
                    + " served. To finish them, start one gateway with --sluice.journal.type=rocksdb, let its queue run"
                    + " dry and its results be fetched, then stop it and move the directory away.");
        }
        String url = properties.postgres().url();
        if (type != JournalProperties.Type.POSTGRES && url != null && !url.isBlank()) {
            return Optional.of("sluice.journal.postgres.url is ignored, because sluice.journal.type is "
                    + type.name().toLowerCase(java.util.Locale.ROOT) + "; for the shared journal set it to postgres.");
        }
        return Optional.empty();
    }
}
