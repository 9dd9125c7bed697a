package dev.sluice.journal.postgres;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Many byte arrays as one parameter, behind one another: the driver has no array of them that does not leak. A row finds its
 * own by where they begin, from 1 as PostgreSQL counts, and by their lengths.
 */
final class Blobs {

    private final List<byte[]> all = new ArrayList<>();
    private int bytes;

    /** Where the next one begins. */
    int next() {
        return bytes + 1;
    }

    /** Adds one and returns its length; null for none. */
    @Nullable
    Integer add(byte @Nullable [] blob) {
        if (blob == null) {
            return null;
        }
        all.add(blob);
        bytes += blob.length;
        return blob.length;
    }

    byte[] all() {
        byte[] whole = new byte[bytes];
        int at = 0;
        for (byte[] blob : all) {
            System.arraycopy(blob, 0, whole, at, blob.length);
            at += blob.length;
        }
        return whole;
    }
}
