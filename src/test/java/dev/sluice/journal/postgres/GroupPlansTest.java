package dev.sluice.journal.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a statement costs grows with its group, and not with the square of it, nor with what else is in the tables, though its
 * plan was made while they were empty. Counted in rows that were looked at, which is the same on every machine.
 */
class GroupPlansTest {

    private static final int JOBS = 12_000;

    /** Rows that are looked at for each one of a group: some lookups by index, and some passes over the group. */
    private static final int FOR_EACH = 40;

    private static PostgresServer server;
    private static PostgresServer.Database database;
    private static Connection connection;

    @BeforeAll
    static void manyRunWhenPlansAreMade() throws Exception {
        server = PostgresServer.shared();
        database = server.newDatabase();
        Migration.run(new Servers(FaultsRig.properties(database.url(), database, 3, Duration.ofSeconds(5))));
        connection = DriverManager.getConnection(
                database.jdbcUrl() + "?preferQueryMode=simple", database.username(), database.password());
        connection.setSchema("sluice");
        execute("vacuum (analyze)");
        execute("set plan_cache_mode = force_generic_plan"); // as Database does, and what follows
        for (String setting : List.of("enable_seqscan", "enable_hashjoin", "enable_mergejoin", "jit")) {
            execute("set " + setting + " = off");
        }
        for (Map.Entry<String, Grouped> entry : statements().entrySet()) {
            execute("prepare " + entry.getKey() + " as " + entry.getValue().sql());
            work(entry.getKey(), entry.getValue().arguments().apply(0));
        }
        execute("insert into job (id, ord, route, key, detail, request) select md5(n::text)::uuid, n, 'r',"
                + " decode(md5(n::text), 'hex'), '', '' from generate_series(0, " + (JOBS - 1) + ") n");
        execute("insert into live (id, rank, ord, due_at, seq, fence, attempt, urgency, state, route, lease_until)"
                + " select id, ord, ord, 0, 1, 0, 0, 3, 'r', 'r', " + Long.MAX_VALUE + " from job");
        // Of every second job one of two groups.
        for (int group : new int[] {0, 1}) {
            execute(
                    "insert into job_group (id, spec, size, keep, seq, joined_at, queued, running, succeeded, failed, cancelled)"
                            + " values ('" + hash(group) + "', '', 0, 0, 1, 0, 0, " + JOBS + ", 0, 0, 0)");
        }
        execute("update live set grp = case when ord % 4 = 0 then '" + hash(0) + "'::uuid else '" + hash(1)
                + "'::uuid end where ord % 2 = 0");
        execute("insert into idempotency (key, job, fingerprint) select key, id, '' from job");
        execute("insert into event (job, seq, at, attempt, kind) select id, 1, 0, 0, 's' from job");
    }

    @AfterAll
    static void drop() throws SQLException {
        connection.close();
        server.drop(database);
    }

    /**
     * A statement for groups.
     *
     * @param arguments for a group of that many
     */
    private record Grouped(String sql, IntFunction<List<String>> arguments) {}

    private static Map<String, Grouped> statements() {
        Map<String, Grouped> all = new TreeMap<>();
        all.put("renew", new Grouped(TimeLimits.RENEW, n -> List.of(ids(n), same(n, "0"), "30000")));
        all.put("latest", new Grouped(EventReads.LATEST, n -> List.of(ids(n))));
        all.put("jobs_after", new Grouped(EventReads.JOBS_AFTER, n -> List.of(ids(n))));
        all.put("events_after", new Grouped(EventReads.EVENTS_AFTER, n -> List.of(ids(n), same(n, "0"))));
        all.put("find", new Grouped(Finds.SQL, n -> List.of(ids(n), "'{}'", "'{}'", "'{}'")));
        all.put("standing", new Grouped(Moves.STANDING, n -> List.of(ids(n))));
        all.put("recorded", new Grouped(Settling.RECORDED, n -> List.of(ids(n), same(n, "1"))));
        all.put("key_holders", new Grouped(AppendSql.HOLDERS, n -> List.of(keys(n))));
        all.put("withdraw", new Grouped(Withdrawals.WITHDRAW, n -> List.of(ids(n))));
        all.put(
                "end_",
                new Grouped(
                        MoveSql.END,
                        n -> List.of(
                                ids(n),
                                same(n, "1"),
                                same(n, "0"),
                                same(n, "t"),
                                same(n, "f"),
                                same(n, "s"),
                                same(n, "1"),
                                same(n, "1"),
                                same(n, "1"),
                                same(n, "1"),
                                same(n, "1"),
                                same(n, "1"),
                                same(n, "1"),
                                same(n, "1"),
                                same(n, "0"))));
        all.put(
                "requeue",
                new Grouped(
                        MoveSql.REQUEUE,
                        n -> List.of(
                                ids(n),
                                same(n, "1"),
                                same(n, "0"),
                                same(n, "t"),
                                same(n, "f"),
                                same(n, "1"),
                                same(n, "1"),
                                same(n, "1"),
                                same(n, "1"),
                                same(n, "0"),
                                same(n, "1"))));
        all.put(
                "tell",
                new Grouped(
                        MoveSql.TELL,
                        n -> List.of(
                                ids(n),
                                same(n, "1"),
                                same(n, "0"),
                                same(n, "t"),
                                same(n, "f"),
                                same(n, "p"),
                                same(n, "1"),
                                same(n, "1"),
                                same(n, "1"))));
        all.put(
                "park",
                new Grouped(
                        MoveSql.PARK,
                        n -> List.of(
                                ids(n),
                                same(n, "1"),
                                same(n, "0"),
                                same(n, "t"),
                                same(n, "f"),
                                same(n, "1"),
                                same(n, "1"),
                                same(n, "0"))));
        all.put(
                "complete",
                new Grouped(
                        MoveSql.COMPLETE,
                        n -> List.of(
                                ids(n),
                                same(n, "1"),
                                same(n, "0"),
                                same(n, "t"),
                                same(n, "f"),
                                same(n, "1"),
                                same(n, "1"),
                                same(n, "1"),
                                same(n, "f"))));
        all.put("completed", new Grouped(Settling.COMPLETED, n -> List.of(ids(n), same(n, "1"))));
        Map<String, String> appends = Map.of(
                "append", AppendSql.PLAIN,
                "append_conditional", AppendSql.CONDITIONAL,
                "append_grouped", AppendSql.GROUPED);
        for (Map.Entry<String, String> append : appends.entrySet()) {
            String name = append.getKey();
            all.put(
                    name,
                    new Grouped(
                            append.getValue(),
                            n -> List.of(
                                    newIds(n),
                                    same(n, "other"),
                                    same(n, "3"),
                                    same(n, "0"),
                                    same(n, "t"),
                                    same(n, "9"),
                                    same(n, "f"),
                                    same(n, "1"),
                                    same(n, "1"),
                                    newKeys(n),
                                    same(n, "1"),
                                    same(n, "f"),
                                    same(n, "1"),
                                    same(n, "7"),
                                    same(n, "8"),
                                    same(n, "8"),
                                    name.equals("append_grouped") ? group(n) : same(n, "null"))));
        }
        return all;
    }

    static List<String> names() {
        return List.copyOf(statements().keySet());
    }

    @ParameterizedTest
    @MethodSource("names")
    void workGrowsWithTheGroup(String name) throws SQLException {
        for (int size : new int[] {1, 10, 100, 1_000, 10_000}) {
            Grouped statement = statements().get(name);
            long rows = work(name, statement.arguments().apply(size));
            assertThat(rows).as("rows looked at for %s", size).isBetween((long) size, 200L + (long) FOR_EACH * size);
        }
    }

    /** All that run are looked through by a claim only when it is to look for expired leases. */
    @Test
    void aClaimLooksThroughWhatRunsOnlyWhenItIsTime() throws SQLException {
        execute("prepare claim as " + ClaimSql.CLAIM);
        execute("prepare claim_in_turns as " + ClaimSql.CLAIM_IN_TURNS);
        for (long[] expected : new long[][] {{Long.MAX_VALUE, 0, 200}, {Integer.MIN_VALUE, JOBS, 3L * JOBS}}) {
            String nextLook = expected[0] + "";
            List<String> plain = List.of("'{r}'", "'{10}'", "'{2147483647}'", "false", "30000", "1", nextLook);
            assertThat(work("claim", plain)).isBetween(expected[1], expected[2]);
            assertThat(work("claim_in_turns", claimOf("false", expected[0], List.of())))
                    .isBetween(expected[1], expected[2]);
        }
    }

    private static List<String> claimOf(String anyway, long nextLook, List<Long> held) {
        String callers = held.stream().map(String::valueOf).collect(Collectors.joining(",", "'{", "}'"));
        String routes = held.stream().map(caller -> "r").collect(Collectors.joining(",", "'{", "}'"));
        return List.of(
                "'{r}'",
                "'{10}'",
                "'{2147483647}'",
                anyway,
                "30000",
                "1",
                "'{0}'",
                "false",
                nextLook + "",
                "'{2147483647}'",
                routes,
                callers,
                "'{}'",
                "true",
                "'{0}'",
                "'{}'",
                "'{}'",
                "'{}'",
                "'{}'",
                "'{}'",
                "'{2147483647}'");
    }

    /** Executes it, and takes it back. */
    private static long work(String name, List<String> arguments) throws SQLException {
        execute("begin");
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("explain (analyze, timing off, format json) execute " + name
                        + "(" + String.join(", ", arguments) + ")")) {
            assertThat(rows.next()).isTrue();
            JsonNode plan = JsonMapper.shared().readTree(rows.getString(1)).get(0);
            assertThat(searched(plan.get("Plan")))
                    .as("arrays that are searched for each row")
                    .isZero();
            return looked(plan.get("Plan"));
        } finally {
            execute("rollback");
        }
    }

    /** Rows that were looked at. */
    static long looked(JsonNode node) {
        double rows = node.path("Actual Rows").asDouble(0)
                + node.path("Rows Removed by Filter").asDouble(0)
                + node.path("Rows Removed by Join Filter").asDouble(0)
                + node.path("Rows Removed by Index Recheck").asDouble(0);
        double sum = rows * node.path("Actual Loops").asDouble(1);
        for (JsonNode child : node.path("Plans")) {
            sum += looked(child);
        }
        return Math.round(sum);
    }

    private static int searched(JsonNode node) {
        int count =
                (node.path("Filter").asString("") + node.path("Join Filter").asString("")).contains("ANY ((InitPlan")
                        ? 1
                        : 0;
        for (JsonNode child : node.path("Plans")) {
            count += searched(child);
        }
        return count;
    }

    private static String ids(int size) {
        return "'{" + numbers(size).map(GroupPlansTest::hash).collect(Collectors.joining(",")) + "}'";
    }

    private static String newIds(int size) {
        return "'{" + numbers(size).map(n -> hash(n + JOBS)).collect(Collectors.joining(",")) + "}'";
    }

    /** Of each job the first or the second group. */
    private static String group(int size) {
        return "'{" + numbers(size).map(n -> hash(n % 2)).collect(Collectors.joining(",")) + "}'";
    }

    private static String keys(int size) {
        return ids(size);
    }

    private static String newKeys(int size) {
        return newIds(size);
    }

    private static String same(int size, String value) {
        return "'{" + String.join(",", Collections.nCopies(size, value)) + "}'";
    }

    private static java.util.stream.Stream<Integer> numbers(int size) {
        return IntStream.range(0, size).boxed();
    }

    /** As PostgreSQL's {@code md5(n::text)}. */
    private static String hash(int n) {
        return org.springframework.util.DigestUtils.md5DigestAsHex(
                Integer.toString(n).getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    }

    private static void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
