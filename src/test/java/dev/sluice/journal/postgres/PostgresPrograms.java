package dev.sluice.journal.postgres;

import dev.sluice.Programs;
import io.zonky.test.db.postgres.embedded.DefaultPostgresBinaryResolver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.zip.CRC32;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;
import org.springframework.util.FileSystemUtils;
import org.tukaani.xz.XZInputStream;

/**
 * The programs of PostgreSQL and a new, empty data directory to copy, both made once on a machine: they stay in the
 * temporary directory for later runs. Because PostgreSQL does not run as root, root runs it as {@value #NOBODY}.
 */
final class PostgresPrograms {

    static final String SUPERUSER = "postgres";
    static final String PASSWORD = "secret of the tests";

    private static final String NOBODY = "65534";
    private static final boolean ROOT = "root".equals(System.getProperty("user.name"));

    private static @Nullable PostgresPrograms found;

    private final Path directory;

    private PostgresPrograms(Path directory) {
        this.directory = directory;
    }

    /** Those of this machine; skips the test if there are none for it. */
    static synchronized PostgresPrograms find() throws IOException, InterruptedException {
        if (found == null) {
            found = unpack();
        }
        return found;
    }

    private static PostgresPrograms unpack() throws IOException, InterruptedException {
        String machine = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        byte[] archive;
        try (InputStream packed = DefaultPostgresBinaryResolver.INSTANCE.getPgBinary(
                System.getProperty("os.name"), machine.equals("amd64") ? "x86_64" : machine)) {
            archive = packed == null ? new byte[0] : packed.readAllBytes();
        } catch (IllegalStateException e) {
            archive = new byte[0];
        }
        if (archive.length == 0) {
            return Programs.missing("there is no PostgreSQL for " + machine);
        }
        CRC32 sum = new CRC32();
        sum.update(archive);
        Path place = Path.of(
                System.getProperty("java.io.tmpdir"),
                "sluice-postgres-" + System.getProperty("user.name") + "-" + Long.toHexString(sum.getValue()));
        if (!Files.exists(place)) {
            make(archive, place);
        }
        return new PostgresPrograms(place);
    }

    /** In a directory of its own, which then takes its place in one step, whoever else does the same. */
    private static void make(byte[] archive, Path place) throws IOException, InterruptedException {
        Path directory = workingDirectory();
        extract(archive, directory);
        PostgresPrograms made = new PostgresPrograms(directory);
        Path password = Files.writeString(directory.resolve("password"), PASSWORD);
        own(password);
        Path template = Files.createDirectory(made.template());
        own(template);
        Path log = directory.resolve("initdb.log");
        int code = made.process(
                        log,
                        List.of(
                                made.program("initdb"),
                                "--pgdata=" + template,
                                "--username=" + SUPERUSER,
                                "--pwfile=" + password,
                                "--auth=scram-sha-256",
                                "--encoding=UTF8",
                                "--no-locale",
                                "--no-sync"))
                .waitFor();
        if (code != 0) {
            throw new AssertionError("initdb ended with " + code + ":\n" + Files.readString(log));
        }
        try {
            Files.move(directory, place, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileAlreadyExistsException | DirectoryNotEmptyException e) {
            FileSystemUtils.deleteRecursively(directory);
        }
    }

    private static void extract(byte[] archive, Path directory) throws IOException {
        try (TarArchiveInputStream tar =
                new TarArchiveInputStream(new XZInputStream(new ByteArrayInputStream(archive)))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                Path file = directory.resolve(entry.getName()).normalize();
                if (entry.isDirectory()) {
                    Files.createDirectories(file);
                    continue;
                }
                Files.createDirectories(file.getParent());
                if (entry.isSymbolicLink()) {
                    Files.createSymbolicLink(file, Path.of(entry.getLinkName()));
                } else {
                    Files.copy(tar, file);
                    Files.setPosixFilePermissions(
                            file,
                            PosixFilePermissions.fromString((entry.getMode() & 0100) != 0 ? "rwxr-xr-x" : "rw-r--r--"));
                }
            }
        }
    }

    /** A new directory in which whoever runs PostgreSQL finds what is its own. */
    static Path workingDirectory() throws IOException {
        Path directory = Files.createTempDirectory("sluice-postgres-");
        return Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** Gives an empty directory or a file to whoever runs PostgreSQL, and to nobody else. */
    static void own(Path path) throws IOException {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx------"));
        if (ROOT) {
            Files.setAttribute(path, "unix:uid", Integer.valueOf(NOBODY));
            Files.setAttribute(path, "unix:gid", Integer.valueOf(NOBODY));
        }
    }

    /** A data directory, ready to be started. */
    void newData(Path data) throws IOException, InterruptedException {
        Path log = Files.createTempFile("sluice-postgres-copy", ".log");
        int code = new ProcessBuilder("cp", "-a", template() + "/.", data.toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start()
                .waitFor();
        if (code != 0) {
            throw new IOException("cannot make " + data + ": " + Files.readString(log));
        }
        Files.delete(log);
    }

    /** Starts a server in the foreground of a process whose id is the server's. */
    Process server(Path data, int port, List<String> settings, Path log) {
        List<String> command =
                new ArrayList<>(List.of(program("postgres"), "-D", data.toString(), "-p", Integer.toString(port)));
        settings.forEach(setting -> command.addAll(List.of("-c", setting)));
        return process(log, command);
    }

    private Process process(Path log, List<String> program) {
        List<String> command = new ArrayList<>();
        if (ROOT) {
            command.addAll(List.of(
                    Programs.find("setpriv").toString(), "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups"));
        }
        command.addAll(program);
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(log.getParent().toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().clear();
        builder.environment().put("LC_ALL", "C");
        try {
            return builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String program(String name) {
        return directory.resolve("bin").resolve(name).toString();
    }

    private Path template() {
        return directory.resolve("template");
    }
}
