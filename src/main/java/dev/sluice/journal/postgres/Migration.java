package dev.sluice.journal.postgres;

import dev.sluice.job.JobTokens;
import dev.sluice.journal.JournalProperties;
import dev.sluice.journal.JournalUnavailableException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Objects;
import java.util.Properties;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.internal.exception.FlywaySqlException;
import org.jspecify.annotations.Nullable;

/**
 * Brings the schema up to date when a node starts; many may start at once, they wait for one another. A node never meets
 * a schema it cannot work on: a migration that older nodes cannot work beside raises {@code meta.oldest_node}, and a node
 * whose form is below that refuses to start and, if it runs already, to go on.
 */
final class Migration {

    /** What this version of the gateway reads and writes. Raised with every change of tables or packed columns. */
    static final int FORM = 2;

    private Migration() {}

    /**
     * Makes or changes the tables. Blocks.
     *
     * @return the journal's secret
     * @throws JournalUnavailableException if that cannot be done; the message says what to do
     */
    static byte[] run(JournalProperties.Postgres properties) {
        Addresses addresses = Addresses.of(properties);
        try {
            makeSchema(addresses.jdbc(), properties);
            Flyway.configure(Migration.class.getClassLoader())
                    .dataSource(addresses.jdbc(), properties.username(), properties.password())
                    .schemas(properties.schema())
                    .createSchemas(false)
                    .locations("classpath:dev/sluice/journal/postgres")
                    .connectRetries(0)
                    .validateOnMigrate(true)
                    .load()
                    .migrate();
            return secret(addresses.jdbc(), properties);
        } catch (FlywaySqlException e) {
            throw new JournalUnavailableException(unreachable(addresses) + firstLine(e.getCause(), e), e);
        } catch (SQLException e) {
            throw new JournalUnavailableException(unreachable(addresses) + firstLine(e, e), e);
        } catch (FlywayException e) {
            throw new JournalUnavailableException(
                    "the schema '" + properties.schema() + "' cannot be brought up to date: " + firstLine(e, e), e);
        }
    }

    private static String unreachable(Addresses addresses) {
        String where =
                addresses.jdbc().substring("jdbc:".length(), addresses.jdbc().indexOf('?'));
        return "the journal's database at " + where + " cannot be reached or refuses: ";
    }

    /** Why a node of this form must not work on a journal whose oldest node may have that one. */
    static String tooOld(int oldest) {
        return "the schema was changed by a newer Sluice, which nodes of form " + FORM
                + " cannot work beside: it needs form " + oldest + " or newer; upgrade this node";
    }

    /** Flyway would try for ten seconds, and say less about it. */
    private static void makeSchema(String url, JournalProperties.Postgres properties) throws SQLException {
        String schema = properties.schema();
        try (Connection connection = connect(url, properties)) {
            if (isThere(schema, connection)) {
                return; // whoever may not make one may find one
            }
            try (Statement statement = connection.createStatement()) {
                statement.execute("create schema if not exists \"" + schema + "\"");
            } catch (SQLException e) {
                if (!isThere(schema, connection)) { // else another node was faster
                    throw new JournalUnavailableException(
                            "the schema '" + schema + "' cannot be made: " + firstLine(e, e)
                                    + "; make it and let the gateway's role own it, or let the role make it",
                            e);
                }
            }
        }
    }

    private static boolean isThere(String schema, Connection connection) throws SQLException {
        try (PreparedStatement select =
                connection.prepareStatement("select exists (select from pg_namespace where nspname = ?)")) {
            select.setString(1, schema);
            try (ResultSet row = select.executeQuery()) {
                return row.next() && row.getBoolean(1);
            }
        }
    }

    private static Connection connect(String url, JournalProperties.Postgres properties) throws SQLException {
        Properties who = new Properties();
        if (properties.username() != null) {
            who.setProperty("user", properties.username());
        }
        if (properties.password() != null) {
            who.setProperty("password", properties.password());
        }
        who.setProperty("currentSchema", properties.schema());
        return DriverManager.getConnection(url, who);
    }

    private static byte[] secret(String url, JournalProperties.Postgres properties) throws SQLException {
        try (Connection connection = connect(url, properties)) {
            try (PreparedStatement insert = connection.prepareStatement(
                    "insert into meta (secret, oldest_node) values (?, 1) on conflict do nothing")) {
                insert.setBytes(1, JobTokens.newSecret());
                insert.executeUpdate();
            }
            try (PreparedStatement select = connection.prepareStatement("select secret, oldest_node from meta");
                    ResultSet row = select.executeQuery()) {
                row.next();
                if (row.getInt(2) > FORM) {
                    throw new JournalUnavailableException(tooOld(row.getInt(2)), null);
                }
                return row.getBytes(1);
            }
        }
    }

    private static String firstLine(@Nullable Throwable cause, Throwable whole) {
        Throwable said = Objects.requireNonNullElse(cause, whole);
        return String.valueOf(said.getMessage())
                .lines()
                .filter(line -> !line.isBlank())
                .findFirst()
                .orElse("");
    }
}
