package dev.sluice.journal.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a claim in turns looks at depends on how much it may start, and neither on how much waits, nor on the number of turns
 * or of jobs of held callers. Counted in rows, which is the same on every machine.
 */
class TurnPlansTest {

    private static final int JOBS = 20_000;
    private static final int TURNS = 5_000;
    private static final long NEXT = 1L << 40;

    private static PostgresServer server;
    private static PostgresServer.Database database;
    private static Connection connection;

    @BeforeAll
    static void fill() throws Exception {
        server = PostgresServer.shared();
        database = server.newDatabase();
        Migration.run(new Servers(FaultsRig.properties(database.url(), database, 3, Duration.ofSeconds(5))));
        connection = DriverManager.getConnection(
                database.jdbcUrl() + "?preferQueryMode=simple", database.username(), database.password());
        connection.setSchema("sluice");
        execute("set plan_cache_mode = force_generic_plan"); // as Session does, and what follows
        for (String setting : List.of("enable_seqscan", "enable_hashjoin", "enable_mergejoin", "jit")) {
            execute("set " + setting + " = off");
        }
        execute("prepare in_turns as " + ClaimSql.CLAIM_IN_TURNS);
        execute("prepare plain as " + ClaimSql.CLAIM);
        execute("prepare bring_back as " + ClaimSql.BRING_BACK);
        waiting("alike", JOBS, "0", "0", "q");
        waiting("busy", JOBS, "case when n = " + JOBS + " then " + NEXT + " else 1 end", "0", "q");
        waiting("many", JOBS, "n % " + TURNS, "0", "q");
        waiting("held", JOBS, "n % 2", "case when n > " + (JOBS - 4) + " then 0 else 8 end", "q");
        waiting("aside", JOBS, "n % 3", "n % 50", "d");
        execute("update live set aside = true where route = 'aside'");
    }

    @AfterAll
    static void drop() throws SQLException {
        connection.close();
        server.drop(database);
    }

    private static void waiting(String route, int many, String turn, String caller, String state) throws SQLException {
        execute("insert into live (id, rank, ord, due_at, seq, fence, attempt, urgency, state, route, turn, caller)"
                + " select gen_random_uuid(), n, n, 0, 1, 0, 0, 3, '" + state + "', '" + route + "', " + turn + ", "
                + caller + " from generate_series(1, " + many + ") n");
    }

    @Test
    void jobsThatAreAlikeAreTheFirstOnesOfTheirRoute() throws SQLException {
        assertThat(looked("execute plain('{alike}', '{16}', '{2147483647}', false, 30000, 1, 9223372036854775807)"))
                .isLessThan(300);
    }

    @Test
    void neitherLongTurnsNorManyMakeAClaimExpensive() throws SQLException {
        for (String route : List.of("busy", "many")) {
            assertThat(looked(inTurns(route, 1, "", 0))).as(route).isLessThan(150);
            assertThat(looked(inTurns(route, 16, "", 0))).as(route).isLessThan(2_400);
        }
        assertThat(count("select count(*) from live where state = 'r' and turn = " + NEXT, inTurns("busy", 2, "", 0)))
                .as("the one behind all the others")
                .isEqualTo(1);
        assertThat(count("select count(distinct turn) from live where state = 'r'", inTurns("many", 64, "", 0)))
                .isEqualTo(64);
    }

    @Test
    void aClaimLooksAtSomeJobsOfHeldCallersOnly() throws SQLException {
        assertThat(looked(inTurns("held", 4, "8", 0))).isLessThan(200);
        assertThat(looked(inTurns("held", 4, "8", 1_000))).isBetween(1_000L, 16_000L);
        assertThat(count("select count(*) from live where aside and route = 'held'", inTurns("held", 4, "8", 1_000)))
                .isEqualTo(1_000);
    }

    @Test
    void aHeldTurnCostsNothingForEachOfItsJobs() throws SQLException {
        String claim = inTurns("busy", 2, "", 0, "1");
        assertThat(looked(claim)).isLessThan(150);
        assertThat(count("select count(*) from live where state = 'r' and turn = " + NEXT, claim))
                .isEqualTo(1);
        assertThat(count("select count(*) from live where state = 'r' or aside and route = 'busy'", claim))
                .isEqualTo(1);
    }

    @Test
    void jobsAreBroughtBackInSteps() throws SQLException {
        assertThat(looked(inTurns("aside", 4, "0,1,2", 0))).as("to find one").isLessThan(100);
        assertThat(looked("execute bring_back('{aside}', '{aside}', '{7}')")).isBetween(1_000L, 16_000L);
    }

    private static String inTurns(String route, int room, String held, int depth) {
        return inTurns(route, room, held, depth, "");
    }

    private static String inTurns(String route, int room, String held, int depth, String turn) {
        String heldIn = turn.isEmpty() ? "" : route;
        String heldOf = held.isEmpty() ? "" : held.replaceAll("[0-9]+", route);
        return "execute in_turns('{" + route + "}', '{" + room + "}', '{2147483647}', false, 30000, 1, '{0}', false,"
                + " 9223372036854775807, '{2147483647}', '{" + heldOf + "}', '{" + held + "}', '{}', true, '{" + depth
                + "}', '{}', '{}', '{" + heldIn + "}', '{" + turn + "}', '{" + (turn.isEmpty() ? "" : "0")
                + "}', '{2147483647}')";
    }

    /** Rows that a statement looks at, which is taken back. */
    private static long looked(String statement) throws SQLException {
        execute("begin");
        try (Statement explain = connection.createStatement();
                ResultSet rows = explain.executeQuery("explain (analyze, timing off, format json) " + statement)) {
            assertThat(rows.next()).isTrue();
            JsonNode plan = JsonMapper.shared().readTree(rows.getString(1)).get(0);
            return GroupPlansTest.looked(plan.get("Plan"));
        } finally {
            execute("rollback");
        }
    }

    /** What a query counts after a statement, which is taken back. */
    private static long count(String query, String statement) throws SQLException {
        execute("begin");
        try (Statement counting = connection.createStatement()) {
            counting.execute(statement);
            try (ResultSet row = counting.executeQuery(query)) {
                assertThat(row.next()).isTrue();
                return row.getLong(1);
            }
        } finally {
            execute("rollback");
        }
    }

    private static void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
