package dev.sluice;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/**
 * A control group of Linux with a limit of memory, as a container has, for those who may make one. Where nobody may, the test
 * is skipped; with {@code -Dsluice.require.groups=true} it fails.
 */
public record MemoryGroup(Path path) implements AutoCloseable {

    private static final Path ROOT = Path.of("/sys/fs/cgroup");

    /** Makes one. */
    public static MemoryGroup of(String name, long bytes) throws IOException {
        boolean first = Files.isDirectory(ROOT.resolve("memory"));
        Path group = (first ? ROOT.resolve("memory") : ROOT).resolve(name);
        try {
            Files.createDirectories(group);
            Files.writeString(group.resolve(first ? "memory.limit_in_bytes" : "memory.max"), Long.toString(bytes));
        } catch (FileSystemException e) {
            String reason = "this user cannot make a control group with a limit of memory";
            if (Boolean.getBoolean("sluice.require.groups")) {
                Assertions.fail(reason + ", but sluice.require.groups is set", e);
            }
            Assumptions.abort(reason);
        }
        return new MemoryGroup(group);
    }

    /** What to put before a command so that its process is a member. */
    public List<String> prefix() {
        return List.of("sh", "-c", "echo $$ > " + path.resolve("cgroup.procs") + " && exec \"$@\"", "sh");
    }

    /** To be called when its processes have ended. */
    @Override
    public void close() throws IOException {
        Files.delete(path);
    }
}
