package dev.sluice.loadtest.rig;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What the command says of the processes to start.
 *
 * @param loadtest the directory of the kit
 * @param jar the gateway's jar
 * @param installation the gateway unpacked, with a start script and a cache, which is then started; empty to start the jar
 * @param java the program that runs gateways and backends
 * @param jvmOptions of every server that is measured
 * @param journal the kind of journal
 * @param databaseUrl an R2DBC URL of a PostgreSQL that is there, or empty to start one
 * @param postgresPrograms the directory of {@code postgres} and {@code initdb}, or empty for those on the path
 */
public record Settings(
        Path loadtest,
        Path jar,
        Optional<Path> installation,
        String java,
        List<String> jvmOptions,
        JournalKind journal,
        String databaseUrl,
        String postgresPrograms) {

    /** Where everything of this kit is written: built classes, logs, data, reports. */
    public Path target() {
        return loadtest.resolve("target");
    }
}
