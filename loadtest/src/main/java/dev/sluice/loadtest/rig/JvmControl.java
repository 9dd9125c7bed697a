package dev.sluice.loadtest.rig;

import java.nio.file.Files;
import java.nio.file.Path;

/** Tells a JVM what to do, by the {@code jcmd} of its JDK. */
public final class JvmControl {

    private JvmControl() {}

    /**
     * Has a process collect all garbage, and waits for that.
     *
     * @param java the program that it was started with
     * @return false if there is no {@code jcmd} or it could not
     */
    public static boolean collect(String java, long pid) {
        Path jcmd = Path.of(java).resolveSibling("jcmd");
        return Files.isExecutable(jcmd) && Disk.status(jcmd.toString(), Long.toString(pid), "GC.run") == 0;
    }
}
