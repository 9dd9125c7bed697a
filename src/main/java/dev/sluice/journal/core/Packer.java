package dev.sluice.journal.core;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Writes values in a compact form: numbers as variable-length integers, texts as UTF-8 with their length in front. Not
 * thread-safe.
 */
public final class Packer {

    private byte[] bytes;
    private int length;

    /** Creates a packer with this initial capacity. */
    public Packer(int expected) {
        bytes = new byte[expected];
    }

    /** Puts one byte. */
    public Packer put(int value) {
        room(1);
        bytes[length++] = (byte) value;
        return this;
    }

    /** Puts a non-negative number, one byte long below 128. */
    public Packer number(long value) {
        if (value < 0) {
            throw new IllegalArgumentException("negative: " + value);
        }
        room(10);
        long rest = value;
        while (rest > 0x7f) {
            bytes[length++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        bytes[length++] = (byte) rest;
        return this;
    }

    /** Puts any number in 8 bytes. */
    public Packer fixed(long value) {
        room(Long.BYTES);
        for (int shift = 56; shift >= 0; shift -= 8) {
            bytes[length++] = (byte) (value >>> shift);
        }
        return this;
    }

    /** Puts a text. */
    public Packer text(String value) {
        return block(value.getBytes(StandardCharsets.UTF_8));
    }

    /** Puts an optional text; null differs from empty. */
    public Packer optional(@Nullable String value) {
        put(value == null ? 0 : 1);
        return value == null ? this : text(value);
    }

    /** Puts an optional instant, not before 1970, in milliseconds. */
    public Packer instant(@Nullable Instant value) {
        return number(value == null ? 0 : value.toEpochMilli() + 1);
    }

    /** Puts bytes with their length in front. */
    public Packer block(byte[] value) {
        number(value.length);
        return raw(value);
    }

    /** Puts bytes without a length. */
    public Packer raw(byte[] value) {
        room(value.length);
        System.arraycopy(value, 0, bytes, length, value.length);
        length += value.length;
        return this;
    }

    /** Returns the bytes written. */
    public byte[] toBytes() {
        return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
    }

    private void room(int more) {
        if (bytes.length - length < more) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + more));
        }
    }
}
