package dev.sluice.loadtest.rig;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/**
 * A PostgreSQL of this run, as durable as by default ({@code fsync}, {@code full_page_writes}, {@code synchronous_commit}).
 * Run by root, the server is started as an unprivileged user, who must be able to enter {@code loadtest/target}.
 */
public final class Postgres {

    private static final String USER = "postgres";
    private static final String NOBODY = "65534";

    private final Started server;
    private final int port;
    private final String password;
    private final Path log;

    private Postgres(Started server, int port, String password, Path log) {
        this.server = server;
        this.port = port;
        this.password = password;
        this.log = log;
    }

    static Postgres start(Settings settings, Path directory, int port) throws InterruptedException {
        String bin = settings.postgresPrograms();
        List<String> drop = isRoot()
                ? List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups", "--pdeathsig=INT")
                : List.of();
        String password = HexFormat.of().formatHex(random());
        Path log = directory.resolveSibling("postgres.log");
        try {
            Files.createDirectories(directory);
            Files.deleteIfExists(log);
            Path secret = directory.resolve("password");
            Files.createFile(
                    secret, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(secret, password);
            if (!drop.isEmpty()) {
                run(List.of("chown", "-R", NOBODY + ":" + NOBODY, directory.toString()), directory, log);
            }
            List<String> init = command(drop, bin, "initdb");
            init.addAll(List.of(
                    "--pgdata=" + directory.resolve("data"),
                    "--username=" + USER,
                    "--pwfile=" + secret,
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    "--no-locale",
                    "--no-sync"));
            run(init, directory, log);
        } catch (IOException e) {
            throw new RigException(
                    "no PostgreSQL: set --pg-bin to the directory of postgres and initdb, or --database-url to a server: "
                            + e.getMessage(),
                    e);
        }
        List<String> serve = command(drop, bin, "postgres");
        serve.addAll(List.of("-D", directory.resolve("data").toString(), "-p", Integer.toString(port)));
        for (String setting : List.of(
                "listen_addresses=127.0.0.1",
                "unix_socket_directories=",
                "fsync=on",
                "full_page_writes=on",
                "synchronous_commit=on",
                "shared_buffers=256MB",
                "max_wal_size=4GB")) {
            serve.addAll(List.of("-c", setting));
        }
        Started server = Started.start("postgres", log, directory, Map.of(), serve);
        return new Postgres(server, port, password, log);
    }

    private static List<String> command(List<String> drop, String bin, String program) {
        List<String> command = new ArrayList<>(drop);
        command.add(bin.isEmpty() ? program : Path.of(bin, program).toString());
        return command;
    }

    private static void run(List<String> command, Path directory, Path log) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        if (!process.waitFor(2, TimeUnit.MINUTES) || process.exitValue() != 0) {
            process.destroyForcibly();
            throw new RigException(String.join(" ", command) + " failed, see " + log);
        }
    }

    /** Waits until it takes connections, which it says in its log: a socket is open before that. */
    void awaitReady() throws InterruptedException {
        long end = System.nanoTime() + Duration.ofMinutes(1).toNanos();
        while (!ready()) {
            if (!server.alive() || System.nanoTime() > end) {
                throw new RigException("PostgreSQL does not answer, see " + log);
            }
            Thread.sleep(50); // it can only be looked at
        }
    }

    private boolean ready() {
        try {
            return Files.readString(log).contains("ready to accept connections");
        } catch (IOException e) {
            throw new RigException(log + " cannot be read: " + e.getMessage(), e);
        }
    }

    public Started server() {
        return server;
    }

    /** Bytes of log so far, of the whole server; empty where there is no {@code psql} to ask it with. */
    public OptionalLong logBytes() {
        try {
            ProcessBuilder psql = new ProcessBuilder(
                            "psql", "-XAtqc", "select (pg_current_wal_lsn() - '0/0'::pg_lsn)::bigint")
                    .redirectError(ProcessBuilder.Redirect.DISCARD);
            psql.environment().putAll(psqlEnvironment());
            String answer = new String(psql.start().getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
            return answer.matches("\\d+") ? OptionalLong.of(Long.parseLong(answer)) : OptionalLong.empty();
        } catch (IOException e) {
            return OptionalLong.empty(); // it is not installed
        }
    }

    /** Processor time of the server so far with its processes, those that are gone included. */
    public Duration processor() {
        Duration children = ProcessHandle.of(server.pid()).stream()
                .flatMap(ProcessHandle::children)
                .flatMap(child -> ProcessStats.of(child.pid()).stream())
                .map(ProcessStats::processor)
                .reduce(Duration.ZERO, Duration::plus);
        return ProcessStats.withEndedChildren(server.pid()).plus(children);
    }

    /** Asks it. */
    public Psql psql(Settings settings) {
        return new Psql(settings, this);
    }

    /** What it has logged. */
    public Path log() {
        return log;
    }

    /** How a gateway finds it. */
    public Map<String, String> environment() {
        return Map.of(
                "SLUICE_JOURNAL_POSTGRES_URL", "r2dbc:postgresql://127.0.0.1:" + port + "/postgres",
                "SLUICE_JOURNAL_POSTGRES_USERNAME", USER,
                "SLUICE_JOURNAL_POSTGRES_PASSWORD", password);
    }

    /** How {@code psql} finds it. */
    public Map<String, String> psqlEnvironment() {
        return Map.of(
                "PGHOST",
                "127.0.0.1",
                "PGPORT",
                Integer.toString(port),
                "PGUSER",
                USER,
                "PGDATABASE",
                "postgres",
                "PGPASSWORD",
                password);
    }

    /** Ends it although somebody is connected. */
    void stop() {
        if (server.alive()) {
            server.signal("INT");
            server.stop();
        }
    }

    private static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    private static byte[] random() {
        byte[] bytes = new byte[16];
        new SecureRandom().nextBytes(bytes);
        return bytes;
    }
}
