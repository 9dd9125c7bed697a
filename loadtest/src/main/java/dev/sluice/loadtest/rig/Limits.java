package dev.sluice.loadtest.rig;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the system allows a process. */
public final class Limits {

    private static final String FILES = "Max open files";

    private Limits() {}

    /** How many descriptors this process may have, and those that it starts; {@link Integer#MAX_VALUE} if that is not known. */
    public static int descriptors() {
        try {
            return descriptors(Files.readString(Path.of("/proc/self/limits")));
        } catch (IOException e) {
            return Integer.MAX_VALUE; // not Linux
        }
    }

    /** The soft limit in the text of {@code /proc/<pid>/limits}. */
    static int descriptors(String limits) {
        return limits.lines()
                .filter(line -> line.startsWith(FILES))
                .map(line -> line.substring(FILES.length()).strip().split("\\s+")[0])
                .filter(value -> value.matches("\\d{1,9}"))
                .mapToInt(Integer::parseInt)
                .findFirst()
                .orElse(Integer.MAX_VALUE);
    }
}
