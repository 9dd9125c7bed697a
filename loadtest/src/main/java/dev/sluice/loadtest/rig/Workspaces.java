package dev.sluice.loadtest.rig;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Directories of runs, each named by the process of its kit; those of kits that were killed are removed by the next one. */
final class Workspaces {

    private static final List<Path> SETPRIV = List.of(Path.of("/usr/bin/setpriv"), Path.of("/bin/setpriv"));

    private Workspaces() {}

    static Path create(Path target) throws IOException {
        Path runs = Files.createDirectories(target.resolve("runs"));
        try (var old = Files.newDirectoryStream(runs)) {
            for (Path directory : old) {
                if (abandoned(directory)) {
                    unmount(directory);
                    Trees.delete(directory);
                }
            }
        }
        Path mine = runs.resolve(Long.toString(ProcessHandle.current().pid()));
        Trees.delete(mine);
        return Files.createDirectories(mine);
    }

    /** File systems that a kit has mounted which was killed. */
    private static void unmount(Path directory) throws IOException {
        Path mounts = Path.of("/proc/mounts");
        if (!Files.isReadable(mounts)) {
            return;
        }
        for (String line : Files.readAllLines(mounts)) {
            String place = line.split(" ")[1];
            if (Path.of(place).startsWith(directory.toAbsolutePath())) {
                Disk.status("umount", place);
            }
        }
    }

    private static boolean abandoned(Path directory) {
        String name = directory.getFileName().toString();
        return name.matches("\\d+") && ProcessHandle.of(Long.parseLong(name)).isEmpty();
    }

    /** The same command; where that can be had, the kernel kills it when this process is gone. */
    static List<String> dyingWithUs(List<String> command) {
        for (Path program : SETPRIV) {
            if (Files.isExecutable(program)) {
                List<String> words = new ArrayList<>(List.of(program.toString(), "--pdeathsig", "KILL", "--"));
                words.addAll(command);
                return words;
            }
        }
        return command;
    }
}
