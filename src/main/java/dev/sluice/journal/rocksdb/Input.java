package dev.sluice.journal.rocksdb;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Reads what {@link Output} wrote. */
final class Input {

    private final byte[] bytes;
    private int at;

    Input(byte[] bytes) {
        this.bytes = bytes;
    }

    int get() {
        return bytes[at++] & 0xff;
    }

    long number() {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            int next = get();
            value |= (long) (next & 0x7f) << shift;
            if (next < 0x80) {
                return value;
            }
        }
        throw new IllegalStateException("a number does not end");
    }

    String text() {
        int size = Math.toIntExact(number());
        String value = new String(bytes, at, size, StandardCharsets.UTF_8);
        at += size;
        return value;
    }

    @Nullable
    String optional() {
        return get() == 0 ? null : text();
    }

    @Nullable
    Instant instant() {
        long value = number();
        return value == 0 ? null : Instant.ofEpochMilli(value - 1);
    }

    /** An instant that must be there. */
    Instant present() {
        return Objects.requireNonNull(instant(), "an instant is missing");
    }

    byte[] block() {
        int size = Math.toIntExact(number());
        byte[] value = Arrays.copyOfRange(bytes, at, at + size);
        at += size;
        return value;
    }

    /** All that is left. */
    byte[] rest() {
        byte[] value = Arrays.copyOfRange(bytes, at, bytes.length);
        at = bytes.length;
        return value;
    }
}
