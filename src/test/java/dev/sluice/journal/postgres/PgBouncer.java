package dev.sluice.journal.postgres;

import static org.awaitility.Awaitility.await;

import dev.sluice.FreePorts;
import dev.sluice.Programs;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A real PgBouncer in session mode, with the settings that it has by itself. Where there is none, the test is skipped. */
final class PgBouncer implements AutoCloseable {

    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final boolean ROOT = "root".equals(System.getProperty("user.name"));

    private final Process process;
    private final Path log;
    private final int port = FreePorts.next();

    /** Starts one that leads to a database, and that its owner may use. */
    PgBouncer(PostgresServer.Database database) throws IOException, InterruptedException {
        Path program = Programs.find("pgbouncer");
        Path directory = PostgresPrograms.workingDirectory();
        log = directory.resolve("output.log");
        Path users = Files.writeString(
                directory.resolve("users.txt"), "\"%s\" \"%s\"%n".formatted(database.username(), database.password()));
        Path settings = Files.writeString(
                directory.resolve("pgbouncer.ini"), """
                [databases]
                * = host=%s port=%d
                [pgbouncer]
                listen_addr = 127.0.0.1
                listen_port = %d
                unix_socket_dir =
                pool_mode = session
                auth_type = scram-sha-256
                auth_file = %s
                """.formatted(database.host(), database.port(), port, users));
        PostgresPrograms.own(users);
        PostgresPrograms.own(settings);
        List<String> command = new ArrayList<>(List.of(program.toString()));
        if (ROOT) {
            command.addAll(List.of("--user", "nobody"));
        }
        command.add(settings.toString());
        process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            await().atMost(LIMIT).pollInterval(Duration.ofMillis(20)).until(this::accepts);
        } catch (RuntimeException | Error e) {
            close();
            throw new AssertionError("PgBouncer does not start:\n" + log(), e);
        }
    }

    int port() {
        return port;
    }

    String log() throws IOException {
        return Files.readString(log);
    }

    private boolean accepts() {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public void close() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
    }
}
