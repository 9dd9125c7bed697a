package dev.sluice.job;

import java.util.Optional;

/**
 * Names a job: 48 bits of Unix time in milliseconds, then 80 random bits, written as 26 lower-case characters of
 * Crockford's base 32 (the layout of a ULID). Whoever knows an id may read and cancel its job, hence the 80 bits; the
 * time in front keeps new jobs together on disk. It says nothing about the order of acceptance, which is
 * {@link Job#order()}.
 */
public record JobId(long high, long low) implements Comparable<JobId> {

    /** The bytes of an id in binary form. */
    public static final int BYTES = 16;

    private static final int LENGTH = 26;
    private static final char[] DIGITS = "0123456789abcdefghjkmnpqrstvwxyz".toCharArray();
    private static final byte[] VALUES = new byte[128];

    static {
        java.util.Arrays.fill(VALUES, (byte) -1);
        for (int i = 0; i < DIGITS.length; i++) {
            VALUES[DIGITS[i]] = (byte) i;
        }
    }

    /** Reads what {@link #toString()} wrote; empty for anything else, upper case included: an id has one spelling. */
    public static Optional<JobId> parse(String text) {
        if (text.length() != LENGTH || text.charAt(0) > '7') {
            return Optional.empty();
        }
        long high = 0;
        long low = 0;
        for (int i = 0; i < LENGTH; i++) {
            char c = text.charAt(i);
            int value = c < VALUES.length ? VALUES[c] : -1;
            if (value < 0) {
                return Optional.empty();
            }
            high = (high << 5) | (low >>> 59);
            low = (low << 5) | value;
        }
        return Optional.of(new JobId(high, low));
    }

    /** Reads 16 bytes, most significant first. */
    public static JobId fromBytes(byte[] bytes, int offset) {
        return new JobId(readLong(bytes, offset), readLong(bytes, offset + Long.BYTES));
    }

    /** Writes 16 bytes, most significant first, so that the order of bytes is the order of ids. */
    public void writeTo(byte[] target, int offset) {
        writeLong(high, target, offset);
        writeLong(low, target, offset + Long.BYTES);
    }

    /** Unix time in milliseconds at which the id was made. */
    public long millis() {
        return high >>> 16;
    }

    @Override
    public int compareTo(JobId other) {
        int order = Long.compareUnsigned(high, other.high);
        return order != 0 ? order : Long.compareUnsigned(low, other.low);
    }

    @Override
    public String toString() {
        char[] text = new char[LENGTH];
        long restHigh = high;
        long restLow = low;
        for (int i = LENGTH - 1; i >= 0; i--) {
            text[i] = DIGITS[(int) (restLow & 31)];
            restLow = (restLow >>> 5) | (restHigh << 59);
            restHigh >>>= 5;
        }
        return new String(text);
    }

    private static long readLong(byte[] bytes, int offset) {
        long value = 0;
        for (int i = 0; i < Long.BYTES; i++) {
            value = (value << 8) | (bytes[offset + i] & 0xff);
        }
        return value;
    }

    private static void writeLong(long value, byte[] target, int offset) {
        for (int i = 0; i < Long.BYTES; i++) {
            target[offset + i] = (byte) (value >>> (56 - 8 * i));
        }
    }
}
