package dev.sluice.journal.postgres;

import dev.sluice.journal.JournalUnavailableException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Objects;
import java.util.Properties;
import java.util.stream.Collectors;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.internal.exception.FlywaySqlException;
import org.jspecify.annotations.Nullable;

/**
 * Migrates the schema when a node starts; concurrent starts wait for each other. A node never works on an incompatible
 * schema: a migration that is incompatible with older nodes raises {@code meta.oldest_node}, and a node of a lower form
 * refuses to start, or stops working if it is running.
 */
final class Migration {

    /** The form that this version reads and writes. Raised with every change of tables or packed columns. */
    static final int FORM = 13;

    /** The form from which on nodes count the jobs of groups. */
    static final int WITH_GROUPS = 11;

    /**
     * How long the driver waits for one statement of a migration. The server applies the configured timeout to those that do
     * not lift it; those that rewrite a table take some seconds for each million jobs in it.
     */
    private static final Duration LONGEST = Duration.ofHours(1);

    private Migration() {}

    /**
     * Creates or migrates the tables. Blocks.
     *
     * @throws JournalUnavailableException if that cannot be done; the message says what to do
     */
    static void run(Servers servers) {
        String schema = servers.schema();
        try {
            Session first = servers.open(servers.timeout());
            try {
                makeSchema(schema, first);
            } finally {
                first.close();
            }
            migrate(servers, schema);
            Session second = servers.open(servers.timeout());
            try {
                checkForm(second);
            } finally {
                second.close();
            }
        } catch (FlywaySqlException e) {
            throw new JournalUnavailableException(unreachable(servers) + firstLine(e.getCause(), e), e);
        } catch (SQLException e) {
            throw new JournalUnavailableException(unreachable(servers) + firstLine(e, e), e);
        } catch (FlywayException e) {
            throw new JournalUnavailableException(
                    "the schema '" + schema + "' cannot be brought up to date: " + firstLine(e, e), e);
        }
    }

    /** Uses connections of its own, to the server that answered last and with the same settings. */
    private static void migrate(Servers servers, String schema) {
        Properties settings = servers.settings();
        settings.setProperty("socketTimeout", Long.toString(LONGEST.toSeconds()));
        Flyway.configure(Migration.class.getClassLoader())
                .dataSource(servers.jdbc(), settings.getProperty("user"), settings.getProperty("password"))
                .jdbcProperties(settings.stringPropertyNames().stream()
                        .collect(Collectors.toMap(name -> name, settings::getProperty)))
                .initSql("set statement_timeout = " + servers.timeout().toMillis())
                .schemas(schema)
                .createSchemas(false)
                .locations("classpath:dev/sluice/journal/postgres/migration")
                .connectRetries(0)
                .validateOnMigrate(true)
                .load()
                .migrate();
    }

    private static String unreachable(Servers servers) {
        return "the journal's database at " + servers.where() + " cannot be reached or refuses: ";
    }

    /** Explains why a node of this form must not work on a journal that requires that form; null if it may. */
    static String tooOld(long oldest) {
        return "the schema was changed by a newer Sluice, which nodes of form " + FORM
                + " cannot work beside: it needs form " + oldest + " or newer; upgrade this node";
    }

    /** Checked here because Flyway would retry for ten seconds and report less. */
    private static void makeSchema(String schema, Session session) throws SQLException {
        if (isThere(schema, session)) {
            return; // without the right to create one it may still exist
        }
        try {
            session.update("create schema if not exists \"" + schema + '"');
        } catch (SQLException e) {
            if (!isThere(schema, session)) { // otherwise another node was faster
                throw new JournalUnavailableException(
                        "the schema '" + schema + "' cannot be made: " + firstLine(e, e)
                                + "; make it and let the gateway's role own it, or let the role make it",
                        e);
            }
        }
    }

    private static boolean isThere(String schema, Session session) throws SQLException {
        return Boolean.TRUE.equals(session.first(
                "select exists (select from pg_namespace where nspname = $1)", row -> Rows.flag(row, 0), schema));
    }

    private static void checkForm(Session session) throws SQLException {
        Long oldest = session.first("select oldest_node from meta", row -> Rows.number(row, 0));
        if (oldest != null && oldest > FORM) {
            throw new JournalUnavailableException(tooOld(oldest), null);
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
