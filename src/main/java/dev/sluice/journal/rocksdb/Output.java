package dev.sluice.journal.rocksdb;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Writes values in a compact form: numbers as variable-length integers, texts as UTF-8 behind their length. */
final class Output {

    private byte[] bytes;
    private int length;

    Output(int expected) {
        bytes = new byte[expected];
    }

    Output put(int value) {
        room(1);
        bytes[length++] = (byte) value;
        return this;
    }

    /** A number that is never negative and mostly small. */
    Output number(long value) {
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

    Output text(String value) {
        return block(value.getBytes(StandardCharsets.UTF_8));
    }

    /** A text that may be missing, which is not the same as empty. */
    Output optional(@Nullable String value) {
        put(value == null ? 0 : 1);
        return value == null ? this : text(value);
    }

    /** An instant not before 1970 that may be missing, to the millisecond. */
    Output instant(@Nullable Instant value) {
        return number(value == null ? 0 : value.toEpochMilli() + 1);
    }

    /** Bytes behind their length. */
    Output block(byte[] value) {
        number(value.length);
        return raw(value);
    }

    /** Bytes as they are. */
    Output raw(byte[] value) {
        room(value.length);
        System.arraycopy(value, 0, bytes, length, value.length);
        length += value.length;
        return this;
    }

    byte[] toBytes() {
        return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
    }

    private void room(int more) {
        if (bytes.length - length < more) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + more));
        }
    }
}
