package dev.sluice.journal.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.FreePorts;
import dev.sluice.Mount;
import dev.sluice.Signal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.springframework.util.FileSystemUtils;

/**
 * A real PostgreSQL in a process of its own, on the loopback address. Most tests take a database of the {@link #shared}
 * one; those that make it fail start their own. Where the machine has none, the test is skipped, or fails as
 * {@link dev.sluice.Programs} says.
 *
 * <p>Nothing is synced to the disk unless a setting says so, so what a crash of the machine would leave cannot be tried
 * here; a crash of the server can.
 */
public final class PostgresServer implements AutoCloseable {

    private static final Duration LIMIT = Duration.ofSeconds(30);

    /** In front of those of the test, which therefore win. */
    private static final List<String> SETTINGS = List.of(
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "fsync=off",
            "full_page_writes=off",
            "shared_buffers=32MB",
            "max_connections=300",
            "wal_level=minimal",
            "max_wal_senders=0",
            "scram_iterations=1", // of passwords made from here on: each connection costs both sides that many hashes
            "log_line_prefix=%m [%p] ",
            "TimeZone=UTC");

    private static @Nullable PostgresServer shared;

    private final AtomicInteger databases = new AtomicInteger();
    private final PostgresPrograms programs;
    private final Path directory;
    private final Path data;
    private final List<String> settings;
    private final Thread atExit = new Thread(this::discard, "postgres-discard");
    private int port;
    private Process process;

    private PostgresServer(PostgresPrograms programs, Path directory, Path data, List<String> settings)
            throws IOException, InterruptedException {
        this.programs = programs;
        this.directory = directory;
        this.data = data;
        this.settings = settings;
        PostgresPrograms.own(Files.createDirectories(data));
        programs.newData(data);
        port = FreePorts.next();
        process = programs.server(data, port, settings, logFile());
        Runtime.getRuntime().addShutdownHook(atExit);
        try {
            awaitReady();
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    /** The one of this test run, started by the first who asks and stopped with the JVM. */
    public static synchronized PostgresServer shared() throws IOException, InterruptedException {
        if (shared == null) {
            shared = start();
        }
        return shared;
    }

    /**
     * Starts one for a test that makes it fail.
     *
     * @param settings as in {@code postgresql.conf}: {@code max_connections=8}
     */
    public static PostgresServer start(String... settings) throws IOException, InterruptedException {
        PostgresPrograms programs = PostgresPrograms.find();
        Path directory = PostgresPrograms.workingDirectory();
        return new PostgresServer(programs, directory, directory.resolve("data"), all(settings));
    }

    /**
     * As {@link #start}, with everything that is written on a given file system, which can so become full; 128 MB is a good
     * beginning. Whoever runs PostgreSQL must be able to reach it: best a {@link #disk}.
     */
    public static PostgresServer startOn(Path disk, String... settings) throws IOException, InterruptedException {
        return new PostgresServer(
                PostgresPrograms.find(), PostgresPrograms.workingDirectory(), disk.resolve("data"), all(settings));
    }

    /** A disk of that size, {@code 24m}, for {@link #startOn} or {@link #newDatabaseOn}. */
    public static Mount disk(String size) throws IOException, InterruptedException {
        return Mount.of(PostgresPrograms.workingDirectory(), size);
    }

    private static List<String> all(String... settings) {
        List<String> all = new ArrayList<>(SETTINGS);
        all.addAll(List.of(settings));
        return all;
    }

    /** A new database, and a role that owns it and is nothing special beside that. */
    public Database newDatabase() throws SQLException {
        return newDatabase("");
    }

    /** One whose tables are on another disk, which can so become full while the log of the server cannot. */
    public Database newDatabaseOn(Path disk) throws SQLException, IOException {
        Path place = Files.createDirectory(disk.resolve("tables"));
        PostgresPrograms.own(place);
        String space = "space" + databases.incrementAndGet();
        execute("create tablespace " + space + " location '" + place + "'");
        return newDatabase(" tablespace " + space);
    }

    private Database newDatabase(String where) throws SQLException {
        String name = "test" + databases.incrementAndGet();
        String password = "secret of " + name;
        execute("create role " + name + " login password '" + password + "'");
        execute("create database " + name + " owner " + name + where);
        return new Database("127.0.0.1", port, name, name, password);
    }

    /** Erases a database with all in it, also while it is used. */
    public void drop(Database database) throws SQLException {
        execute("drop database " + database.name() + " with (force)");
        execute("drop role " + database.username());
    }

    /** Executes one statement as the superuser, in the database {@code postgres}. */
    public void execute(String sql) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** A connection of the superuser to the database {@code postgres}. */
    public Connection connect() throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + port + "/postgres",
                PostgresPrograms.SUPERUSER,
                PostgresPrograms.PASSWORD);
    }

    /** Where it listens now, or did before it was stopped. */
    public int port() {
        return port;
    }

    /** Stops it in an orderly way that does not wait for clients: their transactions are undone. */
    public void stop() throws IOException, InterruptedException {
        end("INT");
    }

    /** Ends it at once: what it had not written is found again in its log at the next start. */
    public void crash() throws IOException, InterruptedException {
        end("QUIT");
    }

    private void end(String signal) throws IOException, InterruptedException {
        Signal.send(signal, process);
        awaitEnd();
    }

    /** Waits for its end, which something else must have caused. */
    public void awaitEnd() throws InterruptedException {
        if (!process.waitFor(LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new AssertionError("PostgreSQL does not end:\n" + log());
        }
    }

    /** Starts it again where it was. */
    public void startAgain() {
        process = programs.server(data, port, settings, logFile());
        awaitReady();
    }

    /** Starts it again on another port with the same data: what clients see of a failover to another machine. */
    public void startElsewhere() throws IOException {
        port = FreePorts.next();
        startAgain();
    }

    private void awaitReady() {
        await().atMost(LIMIT)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(20))
                .failFast(
                        "PostgreSQL does not start",
                        () -> assertThat(process.isAlive()).as(this::log).isTrue())
                .ignoreExceptionsInstanceOf(SQLException.class)
                .until(() -> {
                    connect().close();
                    return true;
                });
    }

    /** What it has printed so far, over all starts. */
    public String log() {
        try {
            return Files.readString(logFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path logFile() {
        return directory.resolve("server.log");
    }

    /** Ends it and removes its data. */
    @Override
    public void close() {
        Runtime.getRuntime().removeShutdownHook(atExit);
        discard();
    }

    private void discard() {
        try {
            if (process.isAlive()) {
                crash();
            }
            FileSystemUtils.deleteRecursively(data);
            FileSystemUtils.deleteRecursively(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Where a database is, and as whom to use it. */
    public record Database(String host, int port, String name, String username, String password) {

        /** The same by another port, which leads to it. */
        public Database at(int other) {
            return new Database(host, other, name, username, password);
        }

        /** As R2DBC writes it. */
        public String url() {
            return "r2dbc:postgresql://" + host + ":" + port + "/" + name;
        }

        /** As R2DBC writes a database that is at one of two ports. */
        public String urlOr(int other) {
            return "r2dbc:postgresql:failover://" + host + ":" + port + "," + host + ":" + other + "/" + name;
        }

        public String jdbcUrl() {
            return "jdbc:postgresql://" + host + ":" + port + "/" + name;
        }

        /** A connection of its owner. */
        public Connection connect() throws SQLException {
            return DriverManager.getConnection(jdbcUrl(), username, password);
        }

        /** What makes a gateway use it, as arguments of the command line. */
        public List<String> settings() {
            return List.of(
                    "--sluice.journal.type=postgres",
                    "--sluice.journal.postgres.url=" + url(),
                    "--sluice.journal.postgres.username=" + username,
                    "--sluice.journal.postgres.password=" + password);
        }
    }
}
