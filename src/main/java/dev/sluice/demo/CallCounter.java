package dev.sluice.demo;

/**
 * How many calls and how many different jobs were seen, so that a load script can tell lost and doubled work. Of a job's
 * id a 64-bit hash is kept, 9 bytes a job in an open hash table that doubles: two of four million ids are taken for one
 * with a probability below one in a million. Used by one event loop only.
 */
final class CallCounter {

    private static final int MOST = 1 << 24; // slots, half of them used: 8 million jobs in 151 MB

    private long[] keys = new long[1 << 12];
    private byte[] seen = new byte[1 << 12];
    private long calls;
    private long jobs;
    private long doubled;
    private long untracked;

    void count(String job) {
        calls++;
        if (jobs * 2 >= keys.length && !grow()) {
            untracked++;
            return;
        }
        int slot = slot(hash(job));
        if (seen[slot] == 0) {
            keys[slot] = hash(job);
            jobs++;
        } else if (seen[slot] == 1) {
            doubled++;
        }
        seen[slot] = (byte) Math.min(seen[slot] + 1, 2);
    }

    /** Calls without a job's id count as calls only. */
    void countAnonymous() {
        calls++;
    }

    void reset() {
        keys = new long[1 << 12];
        seen = new byte[1 << 12];
        calls = 0;
        jobs = 0;
        doubled = 0;
        untracked = 0;
    }

    /** All calls; the different jobs in them; those jobs that were called more than once; calls beyond what is kept. */
    String json() {
        return "{\"calls\":" + calls + ",\"jobs\":" + jobs + ",\"doubled\":" + doubled + ",\"untracked\":" + untracked
                + "}\n";
    }

    private boolean grow() {
        if (keys.length == MOST) {
            return false;
        }
        long[] oldKeys = keys;
        byte[] oldSeen = seen;
        keys = new long[oldKeys.length * 2];
        seen = new byte[oldKeys.length * 2];
        for (int i = 0; i < oldKeys.length; i++) {
            if (oldSeen[i] != 0) {
                int slot = slot(oldKeys[i]);
                keys[slot] = oldKeys[i];
                seen[slot] = oldSeen[i];
            }
        }
        return true;
    }

    private int slot(long key) {
        int slot = (int) (key >>> 32) & (keys.length - 1);
        while (seen[slot] != 0 && keys[slot] != key) {
            slot = (slot + 1) & (keys.length - 1);
        }
        return slot;
    }

    private static long hash(String text) {
        long hash = 0x9E3779B97F4A7C15L;
        for (int i = 0; i < text.length(); i++) {
            hash = (hash ^ text.charAt(i)) * 0xD6E8FEB86659FD93L;
            hash ^= hash >>> 32;
        }
        return hash;
    }
}
