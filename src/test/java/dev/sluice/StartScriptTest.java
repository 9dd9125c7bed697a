package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The start script, in an installation and with JDKs that are stubs: what it has which {@code java} do. */
class StartScriptTest {

    /** Prints its arguments; for a training run it makes the cache when it is stopped, as the JVM does. */
    private static final String JAVA = """
            #!/bin/sh
            for argument; do
              case $argument in
                -XX:AOTCacheOutput=* | -XX:ArchiveClassesAtExit=*)
                  trap 'printf "%s" "${argument%%=*}" >"${argument#*=}"; exit 143' TERM
                  echo "$DOES"
                  while [ "$DOES" = 'Started SluiceApplication' ]; do sleep 0.05; done
                  exit 0 ;;
              esac
            done
            [ "$DOES" != environment ] || env | grep '^MALLOC_'
            printf '%s\\n' "$@"
            exit 7
            """;

    @TempDir
    Path directory;

    private Path script;
    private Path jdk17;
    private Path jdk25;

    @BeforeEach
    void install() throws IOException {
        Path home = Files.createDirectories(directory.resolve("an installation"));
        script = home.resolve("sluice");
        Files.copy(Path.of("src/main/scripts/sluice"), script, StandardCopyOption.COPY_ATTRIBUTES);
        jdk17 = jdk("jdk 17", "17.0.15");
        jdk25 = jdk("jdk 25", "25.0.3");
    }

    @Test
    void optionsAndArgumentsArePassedOnAndSoIsTheStatus() throws Exception {
        Run run = run(script, jdk17, Map.of("JAVA_OPTS", "-Xmx1g -Xlog:gc*"), "--a=b c", "*", "");

        assertThat(run.status()).isEqualTo(7);
        assertThat(run.lines())
                .containsExactly(
                        "-Djava.library.path=" + script.resolveSibling("lib"),
                        "-Xmx1g",
                        "-Xlog:gc*",
                        "-jar",
                        script.resolveSibling("sluice.jar").toString(),
                        "--a=b c",
                        "*",
                        "");
    }

    @Test
    void freedMemoryGoesBackToTheSystemUnlessTheEnvironmentSaysOtherwise() throws Exception {
        assertThat(run(script, jdk17, Map.of("DOES", "environment")).lines())
                .contains("MALLOC_ARENA_MAX=2", "MALLOC_MMAP_THRESHOLD_=262144");
        assertThat(run(script, jdk17, Map.of("DOES", "environment", "MALLOC_ARENA_MAX", "9"))
                        .lines())
                .contains("MALLOC_ARENA_MAX=9", "MALLOC_MMAP_THRESHOLD_=262144");
    }

    @Test
    void theCacheIsUsedWithTheJdkThatMadeItOnly() throws Exception {
        for (Path jdk : List.of(jdk17, jdk25)) {
            Run training = run(script, jdk, Map.of("DOES", "Started SluiceApplication"), "--train");
            assertThat(training.status()).as("%s", training.lines()).isZero();
            assertThat(training.lines()).isEmpty();
            for (Path other : List.of(jdk17, jdk25)) {
                String first = run(script, other, Map.of()).lines().get(0);
                Path cache = script.resolveSibling("cache").resolve("classes");
                if (!other.equals(jdk)) {
                    assertThat(first).startsWith("-Djava.library.path=");
                } else if (jdk.equals(jdk17)) {
                    assertThat(first).isEqualTo("-XX:SharedArchiveFile=" + cache);
                    assertThat(cache).hasContent("-XX:ArchiveClassesAtExit");
                } else {
                    assertThat(first).isEqualTo("-XX:AOTCache=" + cache);
                    assertThat(cache).hasContent("-XX:AOTCacheOutput");
                }
            }
        }
    }

    @Test
    void aTrainingThatFailsSaysWhyAndLeavesNoCache() throws Exception {
        run(script, jdk25, Map.of("DOES", "Started SluiceApplication"), "--train");

        Run training = run(script, jdk25, Map.of("DOES", "Address in use"), "--train");

        assertThat(training.status()).isEqualTo(1);
        assertThat(training.lines()).containsExactly("Address in use", "sluice: the gateway did not start");
        assertThat(run(script, jdk25, Map.of()).lines().get(0)).startsWith("-Djava.library.path=");
    }

    @Test
    void itIsFoundThroughALinkAndJavaOnThePath() throws Exception {
        Path link = Files.createSymbolicLink(directory.resolve("link"), script);
        String path = jdk17.resolve("bin") + ":" + System.getenv("PATH");

        Run run = run(link, Path.of(""), Map.of("PATH", path));

        assertThat(run.lines()).contains(script.resolveSibling("sluice.jar").toString());
    }

    @Test
    void itSaysThatThereIsNoJava() throws Exception {
        Run run = run(script, directory.resolve("nowhere"), Map.of());

        assertThat(run.status()).isEqualTo(1);
        assertThat(run.lines()).containsExactly("sluice: no Java: set JAVA_HOME to a JDK or JRE, 17 or newer");
    }

    private Path jdk(String name, String version) throws IOException {
        Path java =
                Files.createDirectories(directory.resolve(name).resolve("bin")).resolve("java");
        Files.writeString(java, JAVA);
        Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path home = directory.resolve(name);
        Files.writeString(home.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
        return home;
    }

    private Run run(Path program, Path javaHome, Map<String, String> environment, String... arguments)
            throws IOException, InterruptedException {
        Path output = Files.createTempFile(directory, "output", "");
        ProcessBuilder builder = new ProcessBuilder(program.toString())
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.command().addAll(Arrays.asList(arguments));
        builder.environment().keySet().removeIf(name -> name.equals("JAVA_OPTS") || name.startsWith("MALLOC_"));
        builder.environment().put("JAVA_HOME", javaHome.toString());
        builder.environment().putAll(environment);
        Process process = builder.start();
        try {
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        return new Run(process.exitValue(), Files.readAllLines(output, StandardCharsets.UTF_8));
    }

    private record Run(int status, List<String> lines) {}
}
