package dev.sluice.loadtest.rig;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** Processor time of the threads of a process so far, by what they are for. */
public final class ThreadTimes {

    private ThreadTimes() {}

    /** What a thread is for, and its processor time. */
    public record One(String work, Duration processor) {}

    /** By the numbers of the threads; empty if the process has ended. */
    public static Map<String, One> of(long pid) {
        Map<String, One> threads = new HashMap<>();
        try (var tasks = Files.newDirectoryStream(Path.of("/proc", Long.toString(pid), "task"))) {
            for (Path task : tasks) {
                read(task, threads);
            }
        } catch (IOException | java.nio.file.DirectoryIteratorException e) {
            return threads; // it has ended, or this is no Linux
        }
        return threads;
    }

    private static void read(Path task, Map<String, One> threads) throws IOException {
        try {
            String stat = new String(Files.readAllBytes(task.resolve("stat")), StandardCharsets.ISO_8859_1);
            String name = stat.substring(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
            threads.put(task.getFileName().toString(), new One(work(name), ProcessStats.processor(stat)));
        } catch (NoSuchFileException e) {
            // the thread has ended since it was listed
        } catch (IOException e) {
            if (!"No such process".equals(e.getMessage())) {
                throw e;
            }
        }
    }

    /** Linux keeps the first fifteen letters of a name. */
    static String work(String name) {
        if (name.startsWith("C1 ") || name.startsWith("C2 ")) {
            return "compiler";
        }
        if (name.startsWith("GC ") || name.startsWith("G1 ") || name.startsWith("VM ") || name.startsWith("Z")) {
            return "garbage collector and VM";
        }
        if (name.startsWith("sluice-http") || name.startsWith("reactor-http")) {
            return "event loops";
        }
        if (name.startsWith("sluice-journal") || name.startsWith("rocksdb")) {
            return "journal";
        }
        return name.startsWith("sluice-") ? "queue, dispatch and events" : "other";
    }
}
