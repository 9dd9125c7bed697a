package dev.sluice.journal.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A plan is made once and kept until the table is vacuumed or analyzed again, and {@code live} is empty when the load
 * pauses: a plan made then, for which it makes no difference whether a table is read whole, is used when a hundred thousand
 * jobs wait. So each statement finds its rows by an index even on tables that are known to be empty.
 */
class PlansTest {

    private static PostgresServer server;
    private static PostgresServer.Database database;
    private static Connection connection;

    @BeforeAll
    static void emptyTables() throws Exception {
        server = PostgresServer.shared();
        database = server.newDatabase();
        Migration.run(new Servers(FaultsRig.properties(database.url(), database, 3, Duration.ofSeconds(5))));
        connection = DriverManager.getConnection( // in which a statement may have parameters without values
                database.jdbcUrl() + "?preferQueryMode=simple", database.username(), database.password());
        connection.setSchema("sluice");
        try (Statement statement = connection.createStatement()) {
            statement.execute("vacuum (analyze)");
            for (String setting : List.of("enable_seqscan", "enable_hashjoin", "enable_mergejoin")) {
                statement.execute("set " + setting + " = off"); // as Database does
            }
        }
    }

    @AfterAll
    static void drop() throws SQLException {
        connection.close();
        server.drop(database);
    }

    static Map<String, String> statements() {
        return Map.ofEntries(
                Map.entry("append", AppendSql.PLAIN),
                Map.entry("append, with keys and large bodies", AppendSql.CONDITIONAL),
                Map.entry("append, to groups", AppendSql.GROUPED),
                Map.entry("groups", GroupStore.GROUPS),
                Map.entry("create group", GroupStore.CREATE),
                Map.entry("close groups", GroupStore.CLOSE),
                Map.entry("delete group", GroupStore.DELETE),
                Map.entry("members of group", GroupReads.MEMBERS),
                Map.entry("events of group", GroupReads.EVENTS),
                Map.entry("latest of groups", GroupFeed.LATEST),
                Map.entry("unfinished of group", GroupSteps.UNFINISHED),
                Map.entry("erase group", GroupSteps.ERASE),
                Map.entry("idle groups", GroupSteps.IDLE),
                Map.entry("tasks of groups", GroupSteps.TASKS),
                Map.entry("rows of groups to be forgotten", GroupSteps.FORGET),
                Map.entry("expire groups", ErasureSteps.EXPIRE_GROUPS),
                Map.entry("expired groups", ErasureSteps.EXPIRED_GROUPS),
                Map.entry("sweep group", ErasureSteps.SWEEP_GROUP),
                Map.entry("holders of keys", AppendSql.HOLDERS),
                Map.entry("claim", ClaimSql.CLAIM),
                Map.entry("claim in turns", ClaimSql.CLAIM_IN_TURNS),
                Map.entry("adopt", ClaimSql.ADOPT),
                Map.entry("first expiry", Expiry.LOOK),
                Map.entry("lost", TimeLimits.LOST),
                Map.entry("promote", ClaimSql.PROMOTE),
                Map.entry("bring back", ClaimSql.BRING_BACK),
                Map.entry("end", MoveSql.END),
                Map.entry("requeue", MoveSql.REQUEUE),
                Map.entry("tell", MoveSql.TELL),
                Map.entry("park", MoveSql.PARK),
                Map.entry("complete", MoveSql.COMPLETE),
                Map.entry("completed", Settling.COMPLETED),
                Map.entry("resume", Resumes.RESUME),
                Map.entry("answered", BodyReads.ANSWERED),
                Map.entry("emit", OutputSql.EMIT),
                Map.entry("answer", OutputSql.ANSWER),
                Map.entry("find in output", OutputSql.FIND),
                Map.entry("part of output", OutputSql.PART),
                Map.entry("sweep of output", PieceSweep.OUTPUTS_SWEEP),
                Map.entry("check of output", PieceSweep.OUTPUTS_CHECK),
                Map.entry("events", EventReads.EVENTS),
                Map.entry("renew", TimeLimits.RENEW),
                Map.entry("find", Finds.SQL),
                Map.entry("standing", Moves.STANDING),
                Map.entry("recorded", Settling.RECORDED),
                Map.entry("jobs after", EventReads.JOBS_AFTER),
                Map.entry("events after", EventReads.EVENTS_AFTER),
                Map.entry("latest", EventReads.LATEST),
                Map.entry("purge", ErasureSteps.EXPIRED),
                Map.entry("forget", ErasureSteps.ONE),
                Map.entry("withdraw", Withdrawals.WITHDRAW),
                Map.entry("sweep", PieceSweep.SWEEP),
                Map.entry("check of pieces", PieceSweep.CHECK),
                Map.entry("orphans", Upkeep.ORPHANS),
                Map.entry("list", ListReads.LIST));
    }

    static List<String> names() {
        return statements().keySet().stream().sorted().toList();
    }

    @ParameterizedTest
    @MethodSource("names")
    void rowsAreFoundByAnIndex(String name) throws SQLException {
        List<String> whole = new ArrayList<>();
        readWhole(plan(statements().get(name)), whole);
        assertThat(whole).as("what is read whole").isEmpty();
    }

    private static JsonNode plan(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("explain (generic_plan, format json) " + sql)) {
            assertThat(rows.next()).isTrue();
            return JsonMapper.shared().readTree(rows.getString(1)).get(0).get("Plan");
        }
    }

    /** The small tables that never hold more than what is under way just now may be. */
    private static void readWhole(JsonNode node, List<String> whole) {
        String table = node.path("Relation Name").asString("");
        if (!table.isEmpty()
                && !List.of("receiving", "node", "meta", "output_gone").contains(table)
                && node.path("Node Type").asString().contains("Scan")
                && !node.has("Index Cond")
                && !node.has("TID Cond")
                && !node.path("Node Type").asString().equals("Bitmap Heap Scan")) {
            whole.add(node.path("Node Type").asString() + " of " + table);
        }
        node.path("Plans").forEach(child -> readWhole(child, whole));
    }
}
