package dev.sluice.loadtest.measure;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Flushes of the disk on which a directory lies, by whomever. Linux counts them since 5.5, for disks and not for file systems in memory. */
public final class DiskProbe implements Probe {

    private static final int FLUSHES = 15;

    private final Path counters;
    private long last;

    private DiskProbe(Path counters, long first) {
        this.counters = counters;
        this.last = first;
    }

    /** Empty where the disk or its flushes cannot be seen. */
    public static Optional<DiskProbe> of(Path directory) {
        try {
            long device = ((Number) Files.getAttribute(directory, "unix:dev")).longValue();
            Path counters = Path.of("/sys/dev/block", major(device) + ":" + minor(device), "stat");
            return Files.isReadable(counters) && flushes(counters) >= 0
                    ? Optional.of(new DiskProbe(counters, flushes(counters)))
                    : Optional.empty();
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
            return Optional.empty(); // another operating system, or no right to look
        }
    }

    @Override
    public void sample(Timeline timeline, double seconds) {
        try {
            long now = flushes(counters);
            timeline.add(Charts.SYNCS, "1/s", "disk", (now - last) / seconds);
            last = now;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** -1 if this kernel does not count them. */
    private static long flushes(Path counters) throws IOException {
        String[] fields =
                Files.readString(counters, StandardCharsets.US_ASCII).strip().split("\\s+");
        return fields.length > FLUSHES ? Long.parseLong(fields[FLUSHES]) : -1;
    }

    // As glibc packs a device number into 64 bits.
    static long major(long device) {
        return ((device >>> 8) & 0xfff) | ((device >>> 32) & ~0xfffL);
    }

    static long minor(long device) {
        return (device & 0xff) | ((device >>> 12) & ~0xffL);
    }
}
