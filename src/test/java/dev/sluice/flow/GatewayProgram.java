package dev.sluice.flow;

import java.io.File;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.util.FileSystemUtils;

/**
 * The gateway as tests start it: its class path, and an archive of the classes that a JVM otherwise reads, verifies and
 * links anew at each start, which is most of the work of a start. Both are made once in a build, beside the compiled
 * classes, by whichever process of the test run is first to need them.
 */
final class GatewayProgram {

    static final String MAIN = "dev.sluice.SluiceApplication";

    private static final Duration ARCHIVED = Duration.ofMinutes(2);

    private static @Nullable GatewayProgram found;

    private final String classPath;
    private final Path archive;

    private GatewayProgram(String classPath, Path archive) {
        this.classPath = classPath;
        this.archive = archive;
    }

    static synchronized GatewayProgram find() throws IOException {
        if (found == null) {
            try {
                found = make();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted while classes were archived");
            }
        }
        return found;
    }

    /** That of the test run without the tests, whose classes must not find their way into the gateway. */
    String classPath() {
        return classPath;
    }

    /** What makes a JVM start quickly. It takes more memory that is mapped, and less that is its own. */
    List<String> quickStart() {
        return List.of("-XX:SharedArchiveFile=" + archive, "-Xlog:cds=off", "-Xlog:cds+dynamic=off");
    }

    private static GatewayProgram make() throws IOException, InterruptedException {
        Path classes = entries()
                .map(Path::of)
                .filter(entry -> Files.exists(entry.resolve(MAIN.replace('.', '/') + ".class")))
                .findFirst()
                .orElseThrow();
        Path directory = Files.createDirectories(classes.resolveSibling("gateway-program"));
        try (FileChannel file = FileChannel.open(
                        directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock held = file.lock()) {
            assert held.isValid();
            String version = Runtime.version().feature() + "-" + Long.toHexString(newest(classes));
            Path jar = directory.resolve(version + ".jar");
            Path archive = directory.resolve(version + ".jsa");
            GatewayProgram program = new GatewayProgram(
                    entries()
                            .map(entry -> Path.of(entry).equals(classes) ? jar.toString() : entry)
                            .collect(Collectors.joining(File.pathSeparator)),
                    archive);
            if (!Files.exists(archive)) {
                clear(directory);
                pack(classes, jar); // an archive cannot hold classes from a directory
                program.archive(Files.createDirectory(directory.resolve("run")));
            }
            return program;
        }
    }

    private static Stream<String> entries() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.endsWith("test-classes") && !entry.endsWith("test-classes" + File.separator));
    }

    /** When the newest of them was made. */
    private static long newest(Path classes) throws IOException {
        try (Stream<Path> all = Files.walk(classes)) {
            return all.mapToLong(file -> file.toFile().lastModified()).max().orElseThrow();
        }
    }

    private static void pack(Path classes, Path jar) throws IOException {
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream packed = new JarOutputStream(file);
                Stream<Path> all = Files.walk(classes)) {
            packed.setLevel(0);
            for (Path one : (Iterable<Path>) all.sorted()::iterator) {
                String name = classes.relativize(one).toString().replace(File.separatorChar, '/');
                if (Files.isDirectory(one) && !name.isEmpty()) {
                    packed.putNextEntry(new JarEntry(name + "/")); // else nothing finds a package by its name
                } else if (Files.isRegularFile(one)) {
                    packed.putNextEntry(new JarEntry(name));
                    Files.copy(one, packed);
                }
            }
        }
    }

    /** Removes what an earlier build has left. */
    private static void clear(Path directory) throws IOException {
        try (Stream<Path> all = Files.list(directory)) {
            for (Path one : (Iterable<Path>) all.filter(file -> !file.endsWith("lock"))::iterator) {
                FileSystemUtils.deleteRecursively(one);
            }
        }
    }

    /** Runs a gateway that takes a job, calls for it in vain, and tells of it; what was loaded by then is archived. */
    private void archive(Path directory) throws IOException, InterruptedException {
        List<String> settings = List.of(
                "--sluice.routes.none.path=/none",
                "--sluice.routes.none.backend=http://127.0.0.1:1",
                "--sluice.dispatch.shutdown-grace=0s");
        Path unfinished = directory.resolve("classes.jsa");
        List<String> options = List.of("-Xmx256m", "-Xlog:cds=off", "-XX:ArchiveClassesAtExit=" + unfinished);
        try (GatewayProcess gateway = GatewayProcess.ready(GatewayProcess.launch(
                classPath, directory, settings, GatewayProcess.freePorts(), List.of(), options, Map.of()))) {
            Client client = new Client(gateway.url());
            Client.Answer accepted = client.post("/none", null, "{}").block(Client.LIMIT);
            String job = accepted.json().path("id").asString();
            client.get("/jobs/" + job).block(Client.LIMIT);
            client.call("DELETE", "/jobs/" + job, "").block(Client.LIMIT);
            client.events(job).block(Client.LIMIT);
            gateway.terminate();
            gateway.awaitEnd(ARCHIVED);
        }
        Files.move(unfinished, archive);
    }
}
