package dev.sluice.journal.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.job.Job;
import dev.sluice.journal.JournalProperties;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** What an operator reads when the shared journal cannot be opened, and what it opens all the same. */
@Timeout(60)
@ExtendWith(OutputCaptureExtension.class)
class StartTest {

    private PostgresServer server;
    private PostgresServer.Database database;

    /** Not marked as a configuration: the scan of tests that start the whole gateway must not find it. */
    @EnableConfigurationProperties(JournalProperties.class)
    @Import(PostgresJournalConfiguration.class)
    static class JournalOnly {
        @Bean
        SimpleMeterRegistry registry() {
            return new SimpleMeterRegistry();
        }
    }

    @BeforeEach
    void open() throws Exception {
        server = PostgresServer.shared();
        database = server.newDatabase();
    }

    @AfterEach
    void drop() throws Exception {
        server.drop(database);
    }

    private void assertRefuses(CapturedOutput output, List<String> words, String... otherSettings) {
        List<String> settings = new ArrayList<>(List.of(otherSettings));
        database.settings().stream()
                .filter(setting -> settings.stream().noneMatch(other -> other.startsWith(name(setting))))
                .forEach(settings::add);
        SpringApplicationBuilder application =
                new SpringApplicationBuilder(JournalOnly.class).web(WebApplicationType.NONE);
        assertThatThrownBy(() -> application.run(settings.toArray(String[]::new)))
                .isNotNull();
        assertThat(output.getAll())
                .contains("APPLICATION FAILED TO START")
                .contains(words)
                .doesNotContain("\tat ")
                .doesNotContain(database.password());
    }

    private static String name(String setting) {
        return setting.substring(0, setting.indexOf('=') + 1);
    }

    @Test
    void aMissingUrl(CapturedOutput output) {
        assertRefuses(
                output,
                List.of("sluice.journal.postgres.url is missing", "r2dbc:postgresql://host:port/database"),
                "--sluice.journal.postgres.url=");
    }

    @Test
    void aWrongPassword(CapturedOutput output) {
        assertRefuses(
                output,
                List.of("password authentication failed for user \"" + database.username() + "\""),
                "--sluice.journal.postgres.password=wrong");
    }

    @Test
    void aHostThatIsNotThere(CapturedOutput output) {
        assertRefuses(
                output,
                List.of("the journal's database at postgresql://nowhere.invalid/sluice cannot be reached"),
                "--sluice.journal.postgres.url=r2dbc:postgresql://nowhere.invalid/sluice");
    }

    @Test
    void aDatabaseThatIsNotThere(CapturedOutput output) {
        assertRefuses(
                output,
                List.of("database \"missing\" does not exist"),
                "--sluice.journal.postgres.url=r2dbc:postgresql://127.0.0.1:" + database.port() + "/missing");
    }

    @Test
    void noRightToMakeTheSchema(CapturedOutput output) throws Exception {
        server.execute("alter database " + database.name() + " owner to " + "postgres");
        assertRefuses(
                output,
                List.of("the schema 'sluice' cannot be made", "permission denied for database " + database.name()));
    }

    @Test
    void aSchemaThatIsTooNew(CapturedOutput output) throws Exception {
        open(database).close();
        execute("update sluice.meta set oldest_node = " + (Migration.FORM + 1));
        assertRefuses(output, List.of("changed by a newer Sluice", "upgrade this node"));
    }

    @Test
    void aSchemaThatIsNewerAndFitForOlderNodes() throws Exception {
        open(database).close();
        execute(
                "insert into sluice.flyway_schema_history (installed_rank, version, description, type, script, checksum,"
                        + " installed_by, execution_time, success)"
                        + " values (100, '99', 'later', 'SQL', 'V99__later.sql', 4711, current_user, 1, true)");
        execute("alter table sluice.job add column later text");
        execute("alter table sluice.live add column later int");
        execute("alter table sluice.outcome add column later int default 7");
        try (FaultsRig rig = new FaultsRig(database, 3, Duration.ofSeconds(5))) {
            Job running = rig.started("reports");
            FaultsRig.get(rig.finish(running, 10));
            rig.assertHistory(running.id(), "accepted", "started", "succeeded");
        }
    }

    @Test
    void manyNodesMakeTheSchemaTogether() {
        JournalProperties.Postgres properties =
                FaultsRig.properties(database.url(), database, 3, Duration.ofSeconds(5));
        List<byte[]> secrets = Flux.range(0, 6)
                .flatMap(
                        node -> Mono.fromCallable(() -> secret(new Servers(properties)))
                                .subscribeOn(Schedulers.boundedElastic()),
                        6)
                .collectList()
                .block(FaultsRig.LIMIT);
        assertThat(secrets).hasSize(6).allSatisfy(secret -> assertThat(secret).isEqualTo(secrets.get(0)));
    }

    private static byte[] secret(Servers servers) {
        Migration.run(servers);
        try (Database database = new Database(servers, 1, new PostgresJournalMeters(new SimpleMeterRegistry()))) {
            return new PostgresFacts(database).secret();
        }
    }

    private static PostgresJournal open(PostgresServer.Database database) {
        return FaultsRig.open(database.url(), database, 3, Duration.ofSeconds(5));
    }

    private void execute(String sql) throws Exception {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
