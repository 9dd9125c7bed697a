package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/**
 * A file system of its own in memory, for those who may mount one: a disk that can be really full. Where nobody may, the
 * test is skipped; with {@code -Dsluice.require.mounts=true} it fails.
 */
public record Mount(Path path) implements AutoCloseable {

    static {
        NativeRocks.load();
    }

    /** Mounts one of that size ({@code 48m}) on a directory, which is made if it is not there and goes with it. */
    public static Mount of(Path path, String size) throws IOException, InterruptedException {
        Files.createDirectories(path);
        if (run("mount", "-t", "tmpfs", "-o", "size=" + size, "tmpfs", path.toString()) != 0) {
            String reason = "this user cannot mount a file system";
            if (Boolean.getBoolean("sluice.require.mounts")) {
                Assertions.fail(reason + ", but sluice.require.mounts is set");
            }
            Assumptions.abort(reason);
        }
        return new Mount(path);
    }

    public void readOnly() throws IOException, InterruptedException {
        assertThat(run("mount", "-o", "remount,ro", path.toString())).isZero();
    }

    public void grow(String size) throws IOException, InterruptedException {
        assertThat(run("mount", "-o", "remount,size=" + size, path.toString())).isZero();
    }

    /** Unmounts it. Whoever looks at all file systems of the machine holds it for a moment. */
    @Override
    public void close() throws IOException {
        Awaitility.await("umount").until(() -> run("umount", path.toString()) == 0);
        Files.delete(path);
    }

    private static int run(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }
}
