package dev.sluice.loadtest.rig;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The page cache of the whole machine, which makes a restart faster than it is after a reboot. */
public final class PageCache {

    private static final Path DROP = Path.of("/proc/sys/vm/drop_caches");

    private PageCache() {}

    /** Whether this user may drop it. */
    public static boolean droppable() {
        return Files.isWritable(DROP);
    }

    /** Writes back what is dirty and drops the rest. */
    public static void drop() throws IOException {
        if (Disk.status("sync") != 0) {
            throw new RigException("sync failed");
        }
        Files.writeString(DROP, "3");
    }
}
