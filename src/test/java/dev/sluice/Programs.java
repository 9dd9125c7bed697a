package dev.sluice;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/**
 * Programs of other people that tests run where the machine has them. Where it has not, the test is skipped; with
 * {@code -Dsluice.require.clients=true} it fails.
 */
public final class Programs {

    private Programs() {}

    /** The first of these names that is there, on the path or where Debian puts servers; or what {@code -Dsluice.program.<name>} says. */
    public static Path find(String... names) {
        for (String name : names) {
            String told = System.getProperty("sluice.program." + name);
            if (told != null) {
                return Path.of(told);
            }
        }
        return Arrays.stream(names)
                .flatMap(name -> directories().map(directory -> directory.resolve(name)))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseGet(() -> missing(String.join(" or ", names) + " is not installed"));
    }

    /** Says that a test cannot run here, and why. */
    public static <T> T missing(String reason) {
        if (Boolean.getBoolean("sluice.require.clients")) {
            return Assertions.fail(reason + ", but sluice.require.clients is set");
        }
        return Assumptions.abort(reason);
    }

    private static Stream<Path> directories() {
        return Stream.concat(
                        Arrays.stream(System.getenv("PATH").split(File.pathSeparator)),
                        Stream.of("/usr/local/sbin", "/usr/sbin", "/sbin"))
                .filter(directory -> !directory.isEmpty())
                .map(Path::of);
    }
}
