package dev.sluice.loadtest.rig;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The gateway's jar, unpacked: it starts faster so, and the backend and the bare servers run on its libraries. */
final class App {

    private final Path directory;

    private App(Path directory) {
        this.directory = directory;
    }

    /** Unpacks a jar, unless that was done since it was built. */
    static App of(Settings settings, Path jar) {
        if (!Files.isRegularFile(jar)) {
            throw new RigException(jar + " is missing: mvn -DskipTests package");
        }
        try {
            long built = Files.getLastModifiedTime(jar).toMillis();
            Path apps = settings.target().resolve("apps");
            String place = Integer.toHexString(jar.toAbsolutePath().hashCode());
            Path directory = apps.resolve(place + "-" + built);
            if (!Files.isDirectory(directory)) {
                Files.createDirectories(apps);
                removeOlder(apps, place);
                unpack(settings.java(), jar, apps.resolve(directory.getFileName() + ".new"), directory);
            }
            return new App(directory);
        } catch (IOException e) {
            throw new RigException(jar + " cannot be unpacked: " + e.getMessage(), e);
        }
    }

    private static void removeOlder(Path apps, String place) throws IOException {
        try (var those = Files.newDirectoryStream(apps, place + "-*")) {
            for (Path old : those) {
                Trees.delete(old);
            }
        }
    }

    private static void unpack(String java, Path jar, Path half, Path directory) throws IOException {
        Process process = new ProcessBuilder(
                        java, "-Djarmode=tools", "-jar", jar.toString(), "extract", "--destination", half.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            if (!process.waitFor(2, TimeUnit.MINUTES) || process.exitValue() != 0) {
                process.destroyForcibly();
                throw new RigException(jar + " cannot be unpacked by " + java);
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            throw new RigException("interrupted", e);
        }
        Files.move(half, directory);
    }

    Path jar() throws IOException {
        try (var jars = Files.newDirectoryStream(directory, "*.jar")) {
            return jars.iterator().next();
        }
    }

    /** Options that run a class of the gateway, or one of {@code more} on its libraries. */
    List<String> classPath(String more) throws IOException {
        return List.of("-cp", more + jar() + ":" + directory.resolve("lib") + "/*");
    }
}
