package dev.sluice.journal.embedded;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/**
 * What both databases may hold in memory outside the heap, in write buffers and in the block cache: an eighth of the
 * machine's or the container's memory, and what is usual at most.
 */
final class RocksMemory {

    private static final long USUAL = 96L << 20;
    private static final long LEAST = 16L << 20;

    private RocksMemory() {}

    /** All of it. */
    static long bytes() {
        return bytes(
                ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize());
    }

    static long bytes(long machine) {
        return Math.max(LEAST, Math.min(USUAL, machine / 8));
    }

    /** The share of somebody who has so much of what is usual. */
    static long share(long ofUsual) {
        return ofUsual * bytes() / USUAL;
    }
}
