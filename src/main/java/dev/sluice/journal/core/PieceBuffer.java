package dev.sluice.journal.core;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Accumulates the bytes of a body that do not fill a piece yet. Small parts are joined: as an array of its own each
 * byte of a body that trickles in would cost twenty. Used by one thread at a time.
 */
final class PieceBuffer {

    /** Parts up to this size are joined with the next one. */
    private static final int SMALL = 256;

    private final List<byte[]> parts = new ArrayList<>(1);
    private int bytes;

    /** Adds a part and takes ownership of it. */
    void add(byte[] part) {
        int last = parts.size() - 1;
        if (last >= 0 && parts.get(last).length + part.length <= SMALL) {
            byte[] before = parts.get(last);
            byte[] joined = Arrays.copyOf(before, before.length + part.length);
            System.arraycopy(part, 0, joined, before.length, part.length);
            parts.set(last, joined);
        } else {
            parts.add(part);
        }
        bytes += part.length;
    }

    /** Returns the number of buffered bytes. */
    int bytes() {
        return bytes;
    }

    /** Returns the number of buffered arrays. */
    int parts() {
        return parts.size();
    }

    /** Drains the buffer into one array. */
    byte[] take() {
        byte[] all = parts.size() == 1 ? parts.get(0) : joined();
        clear();
        return all;
    }

    /** Drains complete pieces of that many bytes; the rest stays buffered. */
    List<byte[]> takePieces(int size) {
        byte[] all = take();
        if (all.length == size) {
            return List.of(all);
        }
        List<byte[]> whole = new ArrayList<>(all.length / size);
        int at = 0;
        for (; all.length - at >= size; at += size) {
            whole.add(Arrays.copyOfRange(all, at, at + size));
        }
        if (at < all.length) {
            add(Arrays.copyOfRange(all, at, all.length));
        }
        return whole;
    }

    /** Clears the buffer. */
    void clear() {
        parts.clear();
        bytes = 0;
    }

    private byte[] joined() {
        byte[] joined = new byte[bytes];
        int at = 0;
        for (byte[] part : parts) {
            System.arraycopy(part, 0, joined, at, part.length);
            at += part.length;
        }
        return joined;
    }
}
