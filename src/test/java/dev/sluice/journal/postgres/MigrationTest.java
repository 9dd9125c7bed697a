package dev.sluice.journal.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tables of an earlier version that hold many jobs are migrated, however short the timeout of statements is. */
@Timeout(60)
class MigrationTest {

    @Test
    void aChangeOfALargeTableMayTakeLongerThanTheTimeout() throws Exception {
        PostgresServer server = PostgresServer.shared();
        PostgresServer.Database database = server.newDatabase();
        Flyway.configure()
                .dataSource(database.jdbcUrl(), database.username(), database.password())
                .schemas("sluice")
                .locations("classpath:dev/sluice/journal/postgres/migration")
                .target("3")
                .load()
                .migrate();
        try (Connection superuser = DriverManager.getConnection(
                        database.jdbcUrl(), PostgresPrograms.SUPERUSER, PostgresPrograms.PASSWORD);
                Statement statement = superuser.createStatement()) {
            statement.execute("create table slept as select false as once");
            statement.execute(
                    "create function slow() returns event_trigger language plpgsql security definer as $$ begin"
                            + " if current_setting('statement_timeout') <> '0' then"
                            + " raise exception 'this change of a table does not lift the timeout of statements'; end if;"
                            + " update public.slept set once = true where not once;"
                            + " if found then perform pg_sleep(1.3); end if; end $$");
            statement.execute("create event trigger slow on ddl_command_end when tag in ('ALTER TABLE')"
                    + " execute function slow()");
            Migration.run(new Servers(FaultsRig.properties(database.url(), database, 3, Duration.ofMillis(900))));
            try (ResultSet slept = statement.executeQuery("select once from slept")) {
                assertThat(slept.next()).isTrue();
                assertThat(slept.getBoolean(1)).as("one took longer").isTrue();
            }
            try (ResultSet row = statement.executeQuery(
                    "select max(split_part(version, '.', 1)::int) from sluice.flyway_schema_history")) {
                assertThat(row.next()).isTrue();
                assertThat(row.getInt(1)).isEqualTo(Migration.FORM);
            }
        }
        server.drop(database);
    }
}
