package dev.sluice.loadtest.scenario;

import java.time.Duration;
import java.util.List;

/** Options that several scenarios take. Those of {@link #ALL} are taken by every one. */
public final class Common {

    public static final Option<String> GATEWAY =
            Option.url("gateway", "load a gateway that runs already, with the routes of loadtest/application.yaml");
    public static final Option<String> MANAGEMENT =
            Option.url("management", "its management listener, for queue depth, retries, heap and accounts");
    public static final Option<String> BACKEND =
            Option.url("backend", "have the gateway call your own backend instead of the demo backend");
    public static final Option<String> JOURNAL = Option.choice(
            "journal", List.of("rocksdb", "postgres", "memory"), "rocksdb", "journal of the gateway that is started");
    public static final Option<String> DATABASE_URL = Option.text(
            "database-url",
            "URL",
            env("DATABASE_URL"),
            "r2dbc:postgresql://host:port/database with SLUICE_JOURNAL_POSTGRES_USERNAME and _PASSWORD in the"
                    + " environment; else a PostgreSQL is started");
    public static final Option<String> PG_BIN =
            Option.text("pg-bin", "DIR", env("PGBIN"), "directory of postgres and initdb, if they are not on the path");
    public static final Option<String> JVM_OPTIONS =
            Option.text("jvm-options", "WORDS", "-Xmx512m", "options of the JVM of every server that is started");
    public static final Option<String> JAVA =
            Option.text("java", "FILE", "", "the java program that runs them; usually that of the kit");
    public static final Option<String> JAR = Option.text(
            "jar",
            "FILE",
            "",
            "the gateway's jar; usually target/sluice.jar, or target/sluice if that was built after it");
    public static final Option<String> OUT =
            Option.text("out", "DIR", "", "where the report goes; usually loadtest/target/reports");
    public static final Option<String> SVG = Option.text("svg", "DIR", "", "write each plot there as a picture, too");

    /** Taken by every scenario. */
    public static final List<Option<?>> ALL =
            List.of(GATEWAY, MANAGEMENT, BACKEND, JOURNAL, DATABASE_URL, PG_BIN, JVM_OPTIONS, JAVA, JAR, OUT, SVG);

    public static final Option<Duration> DURATION = Option.duration("duration", "30s", "how long it is measured");
    public static final Option<Duration> WARMUP = Option.duration("warmup", "30s", "how long it is loaded before");
    public static final Option<Integer> CONNECTIONS =
            Option.count("connections", 64, 1, 10_000, "connections of the load");
    public static final Option<Integer> ROUNDS = Option.count("rounds", 3, 1, 100, "how often it is measured");
    public static final Option<Integer> RATE = Option.count("rate", 100, 1, 100_000, "jobs a second");
    public static final Option<Duration> WORK = Option.duration("work", "100ms", "how long the backend takes");

    private Common() {}

    private static String env(String name) {
        return System.getenv().getOrDefault(name, "");
    }
}
