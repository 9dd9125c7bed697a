package dev.sluice.loadtest.rig;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * A file system (ext4) in a file, mounted below the directory of the run: a disk that can be full, and whose power can be cut.
 * Needs the right to mount, so root on Linux.
 */
public final class Disk implements AutoCloseable {

    private static final int MIB = 1024 * 1024;
    private static final int MOST_COPIES = 20;
    private static final int[] COUNTERS = {8, 4, 6, 11, 15}; // Documentation/block/stat.rst of Linux
    private static final int IN_FLIGHT = 0;
    private static final int MOST_STOPS = 12;
    private static final int LONGEST_GO = 100;

    private final Path image;
    private final Path mounted;
    private final Path ballast;

    private Disk(Path image, Path mounted) {
        this.image = image;
        this.mounted = mounted;
        this.ballast = mounted.resolve("ballast");
    }

    /** Why there can be none here; empty if there can. */
    public static Optional<String> obstacle(Path work) {
        try (Disk tried = create(Files.createDirectories(work.resolve("trial")), 16)) {
            return Files.isDirectory(tried.path())
                    ? Optional.empty()
                    : Optional.of("it is not there when it is mounted");
        } catch (RigException e) {
            return Optional.of(e.getMessage());
        } catch (IOException e) {
            return Optional.of(e.toString());
        }
    }

    /**
     * Makes one and mounts it.
     *
     * @throws RigException if this user or this system cannot do that
     */
    public static Disk create(Path directory, int mebibytes) {
        Path image = directory.resolve("disk");
        Path mounted = directory.resolve("mounted");
        try {
            Files.createDirectories(mounted);
            try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
                file.setLength((long) mebibytes * MIB);
            }
        } catch (IOException e) {
            throw new RigException(image + " cannot be made: " + e.getMessage(), e);
        }
        run("mkfs.ext4", "-q", "-F", "-m", "0", image.toString());
        mount(image, mounted);
        return new Disk(image, mounted);
    }

    /** Where it is mounted. */
    public Path path() {
        return mounted;
    }

    /** Takes all the space that is left. */
    public void fill() throws IOException {
        try (FileChannel file = FileChannel.open(
                ballast, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND)) {
            for (int size = MIB; size >= 1_024; size /= 4) {
                fill(file, size);
            }
        }
    }

    private static void fill(FileChannel file, int size) {
        try {
            while (true) {
                file.write(ByteBuffer.allocate(size));
            }
        } catch (IOException e) {
            return; // so much does not fit any more
        }
    }

    /** Gives the space back. */
    public void free() throws IOException {
        Files.deleteIfExists(ballast);
    }

    /**
     * Cuts the power while a process works on it: stops the process, copies the disk as it is below the page cache, so without
     * what nobody has synced, lets some of the unsynced pages of its logs survive and tears the last one, kills the process and
     * mounts the copy in the place of the disk. A stop between two syncs has nothing to tear, so it tries some times to stop
     * where there is something.
     */
    public Unsynced cutPower(Started process) throws IOException, InterruptedException {
        Path copy = image.resolveSibling("cut");
        Unsynced unsynced = stopped(process, copy);
        for (int tries = 1; unsynced.none() && tries < MOST_STOPS; tries++) {
            process.signal("CONT");
            Thread.sleep(ThreadLocalRandom.current().nextInt(1, LONGEST_GO)); // any moment is as good as another
            unsynced = stopped(process, copy);
        }
        process.kill();
        unmount(mounted);
        Files.move(copy, image, StandardCopyOption.REPLACE_EXISTING);
        mount(image, mounted);
        return unsynced;
    }

    private Unsynced stopped(Started process, Path copy) throws IOException, InterruptedException {
        process.signal("STOP");
        awaitStopped(process.pid());
        copyStable(copy);
        Path after = Files.createDirectories(image.resolveSibling("after"));
        mount(copy, after);
        try {
            return Unsynced.scatter(mounted, after);
        } finally {
            unmount(after);
        }
    }

    /** Copies the image until nothing was written to the disk from before its first byte was read until after the last. */
    private void copyStable(Path copy) throws IOException {
        for (int tries = 0; tries < MOST_COPIES; tries++) {
            List<String> before = writes();
            run("cp", "--sparse=always", image.toString(), copy.toString());
            if (before.get(IN_FLIGHT).equals("0") && writes().equals(before)) {
                return;
            }
        }
        throw new RigException("the kernel does not stop writing to " + image);
    }

    /** How many writes, sectors written, requests under way, discards and flushes the disk has seen. */
    private List<String> writes() throws IOException {
        String device = Files.readAllLines(Path.of("/proc/mounts")).stream()
                .map(line -> line.split(" "))
                .filter(words -> words[1].equals(mounted.toAbsolutePath().toString()))
                .map(words -> words[0])
                .findFirst()
                .orElseThrow(() -> new RigException(mounted + " is not mounted"));
        String[] all = Files.readString(
                        Path.of("/sys/block", Path.of(device).getFileName().toString(), "stat"))
                .strip()
                .split("\\s+");
        return Arrays.stream(COUNTERS)
                .filter(index -> index < all.length)
                .mapToObj(index -> all[index])
                .toList();
    }

    private static void awaitStopped(long pid) throws IOException, InterruptedException {
        Path tasks = Path.of("/proc", Long.toString(pid), "task");
        while (!stopped(tasks)) {
            Thread.sleep(2); // it can only be looked at
        }
    }

    private static boolean stopped(Path tasks) throws IOException {
        try (var threads = Files.newDirectoryStream(tasks)) {
            for (Path thread : threads) {
                String stat = Files.readString(thread.resolve("stat"), java.nio.charset.StandardCharsets.ISO_8859_1);
                if (stat.charAt(stat.lastIndexOf(')') + 2) != 'T') {
                    return false;
                }
            }
        } catch (java.nio.file.NoSuchFileException e) {
            return false; // a thread has ended under the look
        }
        return true;
    }

    private static void mount(Path image, Path directory) {
        run("mount", "-o", "loop", image.toString(), directory.toString());
    }

    private static void unmount(Path directory) {
        run("umount", directory.toString());
    }

    /** Unmounts it; its files go with the directory of the run. */
    @Override
    public void close() {
        if (status("umount", mounted.toString()) != 0) {
            run("umount", "-l", mounted.toString());
        }
    }

    private static void run(String... command) {
        int status = status(command);
        if (status != 0) {
            throw new RigException(String.join(" ", command) + " failed (" + status + ")");
        }
    }

    static int status(String... command) {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!process.waitFor(2, TimeUnit.MINUTES)) {
                process.destroyForcibly();
                throw new RigException(String.join(" ", command) + " does not end");
            }
            return process.exitValue();
        } catch (IOException e) {
            return 127; // there is no such program
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RigException("interrupted", e);
        }
    }
}
