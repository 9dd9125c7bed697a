package dev.sluice.journal.core;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What has come in of a body and does not make a piece yet. Small parts are joined: as an array of its own each byte of a body
 * that dribbles in would cost twenty. Belongs to one thread at a time.
 */
final class PieceBuffer {

    /** Parts up to this size are joined with the next; each byte is copied within as many at most. */
    private static final int SMALL = 256;

    private final List<byte[]> parts = new ArrayList<>(1);
    private int bytes;

    /** Takes another part, which nobody touches any more. */
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

    /** How many bytes are held. */
    int bytes() {
        return bytes;
    }

    /** In how many arrays they are. */
    int parts() {
        return parts.size();
    }

    /** All of it in one array; nothing is held any more. */
    byte[] take() {
        byte[] all = parts.size() == 1 ? parts.get(0) : joined();
        clear();
        return all;
    }

    /** Takes what makes whole pieces of that many bytes; the rest is held until there is more. */
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

    /** Forgets all of it. */
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
