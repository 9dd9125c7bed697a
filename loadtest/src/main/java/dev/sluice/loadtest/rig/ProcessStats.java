package dev.sluice.loadtest.rig;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * What {@code /proc} says of a process. Processor time is counted by Linux in hundredths of a second.
 *
 * @param processor time of all its threads so far, in user and kernel mode
 * @param resident bytes of memory that are in RAM
 * @param peak the most that were
 * @param written bytes that it has caused to be written to disks, or -1 where that may not be read
 */
public record ProcessStats(Duration processor, long resident, long peak, int threads, int descriptors, long written) {

    private static final long TICK = 10; // ms; USER_HZ is 100 on all platforms that run the JDK

    /** Reads them; empty if the process has ended. */
    public static Optional<ProcessStats> of(long pid) {
        Path directory = Path.of("/proc", Long.toString(pid));
        try {
            String status = read(directory.resolve("status"));
            String stat = read(directory.resolve("stat"));
            return Optional.of(new ProcessStats(
                    processor(stat),
                    field(status, "VmRSS:") * 1024,
                    field(status, "VmHWM:") * 1024,
                    (int) field(status, "Threads:"),
                    descriptors(directory.resolve("fd")),
                    written(directory.resolve("io"))));
        } catch (IOException e) {
            return Optional.empty(); // /proc has no such process any more
        }
    }

    /** User and system time of a line of {@code /proc/<pid>/stat}; the name in it may contain anything. */
    static Duration processor(String stat) {
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return Duration.ofMillis((Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * TICK);
    }

    /** Processor time of a process and of those of its children that have ended; zero if it has ended itself. */
    static Duration withEndedChildren(long pid) {
        try {
            String stat = read(Path.of("/proc", Long.toString(pid), "stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            return processor(stat).plusMillis((Long.parseLong(fields[13]) + Long.parseLong(fields[14])) * TICK);
        } catch (IOException e) {
            return Duration.ZERO;
        }
    }

    /** A number after its name, each on a line of its own; 0 if it is not there. */
    static long field(String text, String name) {
        return text.lines()
                .filter(line -> line.startsWith(name))
                .map(line -> line.substring(name.length()).replaceAll("\\D", ""))
                .filter(digits -> !digits.isEmpty())
                .mapToLong(Long::parseLong)
                .findFirst()
                .orElse(0);
    }

    private static int descriptors(Path directory) throws IOException {
        int count = 0;
        try (DirectoryStream<Path> open = Files.newDirectoryStream(directory)) {
            for (Path ignored : open) {
                count++;
            }
        } catch (java.nio.file.AccessDeniedException e) {
            return -1;
        }
        return count;
    }

    private static long written(Path io) throws IOException {
        try {
            return field(read(io), "write_bytes:");
        } catch (java.nio.file.AccessDeniedException e) {
            return -1;
        }
    }

    private static String read(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    }
}
