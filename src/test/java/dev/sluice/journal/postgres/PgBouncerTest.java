package dev.sluice.journal.postgres;

import static dev.sluice.journal.postgres.FaultsRig.LARGE;
import static dev.sluice.journal.postgres.FaultsRig.LIMIT;
import static dev.sluice.journal.postgres.FaultsRig.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.job.Job;
import dev.sluice.job.JobState;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Nodes that find their database through PgBouncer, in session mode, as the README recommends. */
@Timeout(60)
class PgBouncerTest {

    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private PostgresServer server;
    private PostgresServer.Database database;
    private PgBouncer bouncer;

    @BeforeEach
    void start() throws Exception {
        server = PostgresServer.shared();
        database = server.newDatabase();
        bouncer = new PgBouncer(database);
    }

    @AfterEach
    void stop() throws Exception {
        if (bouncer != null) {
            bouncer.close();
        }
        server.drop(database);
    }

    @Test
    void aJobGoesItsWay() throws Exception {
        try (FaultsRig rig = new FaultsRig(database, database.at(bouncer.port()).url(), 3, TIMEOUT)) {
            Job running = rig.started("r");
            FaultsRig.get(rig.finish(running, LARGE));
            assertThat(rig.find(running.id())).extracting(Job::state).isEqualTo(JobState.SUCCEEDED);
            assertThat(rig.result(running.id())).isEqualTo(body(running.id(), LARGE));
            rig.assertHistory(running.id(), "accepted", "started", "succeeded");
        }
        assertThat(bouncer.log()).contains("login attempt: db=" + database.name());
    }

    @Test
    void nodesHearOfOneAnother() {
        String url = database.at(bouncer.port()).url();
        try (PostgresJournal first = FaultsRig.open(url, database, 3, TIMEOUT);
                PostgresJournal second = FaultsRig.open(url, database, 3, TIMEOUT)) {
            List<String> offered = new CopyOnWriteArrayList<>();
            second.offers().subscribe(offered::add);
            await().atMost(LIMIT).until(() -> {
                first.offer("r"); // until each has heard that the other is there
                return offered.contains("r");
            });
        }
    }

    @Test
    void eachConnectionHasTheSettingsOfTheJournal() throws Exception {
        Servers servers = new Servers(
                FaultsRig.properties(database.at(bouncer.port()).url(), database, 3, Duration.ofMillis(1234)));
        Session session = servers.open(servers.timeout());
        String settings = session.first(
                "select concat_ws(' ', current_setting('search_path'), current_setting('statement_timeout'),"
                        + " current_setting('plan_cache_mode'), current_setting('enable_seqscan'),"
                        + " current_setting('application_name'))",
                row -> Rows.text(row, 0));
        assertThat(settings).isEqualTo("\"sluice\" 1234ms force_generic_plan off sluice");
        session.close();
    }
}
