package dev.sluice.journal.core;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Writes values in a compact form: numbers as variable-length integers, texts as UTF-8 behind their length. For one thread.
 */
public final class Packer {

    private byte[] bytes;
    private int length;

    /** Begins with room for that many bytes. */
    public Packer(int expected) {
        bytes = new byte[expected];
    }

    /** One byte. */
    public Packer put(int value) {
        room(1);
        bytes[length++] = (byte) value;
        return this;
    }

    /** A number that is never negative and mostly small. */
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

    /** A text that is there. */
    public Packer text(String value) {
        return block(value.getBytes(StandardCharsets.UTF_8));
    }

    /** A text that may be missing, which is not the same as empty. */
    public Packer optional(@Nullable String value) {
        put(value == null ? 0 : 1);
        return value == null ? this : text(value);
    }

    /** An instant not before 1970 that may be missing, to the millisecond. */
    public Packer instant(@Nullable Instant value) {
        return number(value == null ? 0 : value.toEpochMilli() + 1);
    }

    /** Bytes behind their length. */
    public Packer block(byte[] value) {
        number(value.length);
        return raw(value);
    }

    /** Bytes as they are. */
    public Packer raw(byte[] value) {
        room(value.length);
        System.arraycopy(value, 0, bytes, length, value.length);
        length += value.length;
        return this;
    }

    /** What was written. */
    public byte[] toBytes() {
        return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
    }

    private void room(int more) {
        if (bytes.length - length < more) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + more));
        }
    }
}
