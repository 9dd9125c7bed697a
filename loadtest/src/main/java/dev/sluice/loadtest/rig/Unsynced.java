package dev.sluice.loadtest.rig;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Pages of logs that nobody had synced when the power was cut. A disk may have written any of them, in any order, and the last
 * one in part: so each survives by chance, and the last one is torn.
 *
 * @param dropped pages of 4 KiB that are gone
 * @param kept pages that have survived
 * @param torn pages of which a part has
 */
public record Unsynced(long dropped, long kept, long torn) {

    static final int PAGE = 4_096;

    /** Scatters what the logs in one directory have beyond those in another, which is what was synced, over the latter. */
    static Unsynced scatter(Path live, Path synced) throws IOException {
        Unsynced all = new Unsynced(0, 0, 0);
        List<Path> logs;
        try (var files = Files.walk(live)) {
            logs = files.filter(file -> file.getFileName().toString().matches("\\d+\\.log"))
                    .toList();
        }
        for (Path log : logs) {
            Path other = synced.resolve(live.relativize(log));
            if (Files.exists(other)) {
                all = all.plus(file(log, other));
            }
        }
        return all;
    }

    boolean none() {
        return dropped + kept + torn == 0;
    }

    private Unsynced plus(Unsynced more) {
        return new Unsynced(dropped + more.dropped, kept + more.kept, torn + more.torn);
    }

    private static Unsynced file(Path live, Path synced) throws IOException {
        try (FileChannel from = FileChannel.open(live, StandardOpenOption.READ);
                FileChannel to = FileChannel.open(synced, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            List<Long> differing = differing(from, to);
            long kept = 0;
            for (int i = 0; i + 1 < differing.size(); i++) {
                if (ThreadLocalRandom.current().nextBoolean()) {
                    copy(from, to, differing.get(i), PAGE);
                    kept++;
                }
            }
            if (differing.isEmpty()) {
                return new Unsynced(0, 0, 0);
            }
            copy(
                    from,
                    to,
                    differing.get(differing.size() - 1),
                    ThreadLocalRandom.current().nextInt(1, PAGE));
            return new Unsynced(differing.size() - 1 - kept, kept, 1);
        }
    }

    private static List<Long> differing(FileChannel live, FileChannel synced) throws IOException {
        List<Long> pages = new ArrayList<>();
        for (long at = 0; at < live.size(); at += PAGE) {
            if (!page(live, at, PAGE).equals(page(synced, at, PAGE))) {
                pages.add(at);
            }
        }
        return pages;
    }

    private static ByteBuffer page(FileChannel file, long at, int length) throws IOException {
        ByteBuffer page = ByteBuffer.allocate(length);
        while (page.hasRemaining() && file.read(page, at + page.position()) >= 0) {
            // until it is whole, or the file ends
        }
        return page.flip();
    }

    private static void copy(FileChannel from, FileChannel to, long at, int length) throws IOException {
        ByteBuffer page = page(from, at, length);
        while (page.hasRemaining()) {
            to.write(page, at + page.position());
        }
    }
}
