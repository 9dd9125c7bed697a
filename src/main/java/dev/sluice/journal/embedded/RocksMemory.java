package dev.sluice.journal.embedded;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/**
 * The limit of native memory of both databases, for write buffers and the block cache: an eighth of the memory of the
 * machine or container, up to the default size.
 */
final class RocksMemory {

    private static final long USUAL = 96L << 20;
    private static final long LEAST = 16L << 20;

    private RocksMemory() {}

    /** Returns the limit in bytes. */
    static long bytes() {
        return bytes(
                ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize());
    }

    static long bytes(long machine) {
        return Math.max(LEAST, Math.min(USUAL, machine / 8));
    }

    /** Scales a default size to the limit. */
    static long share(long ofUsual) {
        return ofUsual * bytes() / USUAL;
    }
}
