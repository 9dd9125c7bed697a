package dev.sluice.journal;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * The keys under {@code sluice.journal}. How long a finished job is kept is its route's to say.
 *
 * @param type Storage engine of the journal.
 * @param path Directory of the embedded journal, which only this process uses.
 * @param minFree Free space of the disk below which new jobs are refused, so that accepted ones can end. A twentieth of the disk,
 *     at most 1GB, unless set. Not with postgres.
 * @param tombstones How long the id of an expired job is answered with 410.
 * @param credentials Request headers erased when the job ends, on every route.
 * @param postgres The database, if the type is postgres.
 */
@ConfigurationProperties(prefix = "sluice.journal", ignoreUnknownFields = false)
public record JournalProperties(
        @DefaultValue("rocksdb") Type type,
        @DefaultValue("data") Path path,
        @Nullable DataSize minFree,
        @DefaultValue("7d") Duration tombstones,
        @DefaultValue({"Authorization", "Cookie"}) List<String> credentials,
        @DefaultValue Postgres postgres) {

    private static final Pattern FIELD = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+"); // RFC 9110, 5.6.2

    /** The adapters. */
    public enum Type {
        /** Embedded and durable. */
        ROCKSDB,
        /** Durable and shared by several nodes. */
        POSTGRES,
        /** For trying things out: nothing survives the process. */
        MEMORY
    }

    /**
     * The keys under {@code sluice.journal.postgres}.
     *
     * @param url URL of the database, r2dbc:postgresql://host:port/database or, with several addresses,
     *     r2dbc:postgresql:failover://host:port,host:port/database. Required with postgres.
     * @param username User of the database.
     * @param password Password of the user.
     * @param schema Schema of the gateway's tables; created if it does not exist.
     * @param connections Most connections of a node, 3 to 1000, besides one for notifications.
     * @param timeout Longest statement, and longest wait for a connection.
     */
    public record Postgres(
            @Nullable String url,
            @Nullable String username,
            @Nullable String password,
            @DefaultValue("sluice") String schema,
            @DefaultValue("10") int connections,
            @DefaultValue("5s") Duration timeout) {

        public Postgres {
            if (!schema.matches("[a-z_][a-z0-9_]{0,62}")) {
                throw new IllegalArgumentException("sluice.journal.postgres.schema is '" + schema
                        + "'; expected up to 63 of a-z, 0-9 and _, not a digit first");
            }
            if (connections < 3 || connections > 1_000) {
                throw new IllegalArgumentException(
                        "sluice.journal.postgres.connections is " + connections + "; expected 3 to 1000");
            }
            if (timeout.compareTo(Duration.ofMillis(100)) < 0 || timeout.compareTo(Duration.ofMinutes(5)) > 0) {
                throw new IllegalArgumentException(
                        "sluice.journal.postgres.timeout is " + timeout + "; expected 100ms to 5m");
            }
        }

        /** Without the password, which belongs into no log. */
        @Override
        public String toString() {
            return "Postgres[url=" + url + ", username=" + username + ", schema=" + schema + ", connections="
                    + connections + ", timeout=" + timeout + "]";
        }
    }

    public JournalProperties {
        if (minFree != null && minFree.isNegative()) {
            throw new IllegalArgumentException("sluice.journal.min-free is " + minFree + "; expected 0B or more");
        }
        if (tombstones.isNegative()) {
            throw new IllegalArgumentException("sluice.journal.tombstones is " + tombstones + "; expected 0s or more");
        }
        for (String name : credentials) {
            if (!FIELD.matcher(name).matches()) {
                throw new IllegalArgumentException("sluice.journal.credentials has '" + name
                        + "'; expected names of header fields such as X-Api-Key");
            }
        }
        credentials = List.copyOf(credentials);
    }
}
