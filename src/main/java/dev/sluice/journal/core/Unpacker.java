package dev.sluice.journal.core;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Reads what {@link Packer} wrote. */
public final class Unpacker {

    private final byte[] bytes;
    private int at;

    /** Creates an unpacker at the first byte. */
    public Unpacker(byte[] bytes) {
        this.bytes = bytes;
    }

    /** Whether bytes remain. */
    public boolean hasMore() {
        return at < bytes.length;
    }

    /** The index of the next byte. */
    int position() {
        return at;
    }

    /** Gets one byte. */
    public int get() {
        return bytes[at++] & 0xff;
    }

    /** As {@link Packer#number}. */
    public long number() {
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

    /** As {@link Packer#fixed}. */
    public long fixed() {
        long value = 0;
        for (int i = 0; i < Long.BYTES; i++) {
            value = value << 8 | get();
        }
        return value;
    }

    /** As {@link Packer#text}. */
    public String text() {
        int size = Math.toIntExact(number());
        String value = new String(bytes, at, size, StandardCharsets.UTF_8);
        at += size;
        return value;
    }

    /** As {@link Packer#optional}. */
    public @Nullable String optional() {
        return get() == 0 ? null : text();
    }

    /** As {@link Packer#instant}. */
    public @Nullable Instant instant() {
        long value = number();
        return value == 0 ? null : Instant.ofEpochMilli(value - 1);
    }

    /** Gets an instant that must be present. */
    public Instant present() {
        return Objects.requireNonNull(instant(), "an instant is missing");
    }

    /** As {@link Packer#block}. */
    public byte[] block() {
        int size = Math.toIntExact(number());
        byte[] value = Arrays.copyOfRange(bytes, at, at + size);
        at += size;
        return value;
    }

    /** Gets the remaining bytes. */
    public byte[] rest() {
        byte[] value = Arrays.copyOfRange(bytes, at, bytes.length);
        at = bytes.length;
        return value;
    }
}
