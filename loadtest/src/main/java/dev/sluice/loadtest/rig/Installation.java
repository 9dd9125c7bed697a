package dev.sluice.loadtest.rig;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What {@code mvn -Pdist package} makes: the gateway unpacked, with a start script and a cache for one JDK. */
public final class Installation {

    private Installation() {}

    /**
     * Finds it beside a jar. Empty if it is not there, is older than the jar, or has no cache for the JDK of a program: then it
     * would start like the jar.
     */
    public static Optional<Path> find(Path jar, Path java) {
        Path directory = jar.resolveSibling("sluice");
        Path trained = directory.resolve("cache").resolve("release");
        try {
            Path release = javaHome(java.toRealPath()).resolve("release");
            if (Files.isExecutable(script(directory))
                    && Files.getLastModifiedTime(trained).compareTo(Files.getLastModifiedTime(jar)) >= 0
                    && Files.mismatch(trained, release) == -1) {
                return Optional.of(directory);
            }
        } catch (IOException e) {
            return Optional.empty(); // one of the files is missing
        }
        return Optional.empty();
    }

    static List<String> command(Path directory) {
        return List.of(script(directory).toString());
    }

    /** What the script takes instead of a program and options of the JVM. */
    static Map<String, String> environment(Path java, List<String> jvmOptions) {
        return Map.of("JAVA_HOME", javaHome(java).toString(), "JAVA_OPTS", String.join(" ", jvmOptions));
    }

    private static Path script(Path directory) {
        return directory.resolve("sluice");
    }

    private static Path javaHome(Path java) {
        return java.toAbsolutePath().resolve("../..").normalize();
    }
}
