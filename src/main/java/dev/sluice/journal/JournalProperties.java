package dev.sluice.journal;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The keys under {@code sluice.journal}. How long a finished job is kept is its route's to say.
 *
 * @param type which adapter keeps the record
 * @param path directory of the record, relative to the working directory
 * @param tombstones how long an expired id is still known as such
 * @param credentials request fields that go with the end of the job, on every route
 * @param postgres where the shared record is, if the type is postgres
 */
@ConfigurationProperties(prefix = "sluice.journal", ignoreUnknownFields = false)
public record JournalProperties(
        @DefaultValue("rocksdb") Type type,
        @DefaultValue("data") Path path,
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
     * @param url {@code r2dbc:postgresql://host:port/database}, or
     *     {@code r2dbc:postgresql:failover://host:port,host:port/database} with several addresses; required
     * @param username who the gateway is to PostgreSQL
     * @param password its password, if it needs one
     * @param schema where its tables are; made if it is not there
     * @param connections how many connections a node opens at most, at least 3, beside one for notifications
     * @param timeout how long a statement may take, and how long anything waits for a connection
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
