package dev.sluice.demo;

/**
 * Counts calls and distinct jobs, so that a load script can detect lost and repeated work. Keeps a 64-bit hash of each job
 * id in an open hash table that doubles, 9 bytes a job; among four million ids a collision has a probability below one in a
 * million. Not thread-safe.
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

    /** Counts a call; one without a job id counts as a call only. */
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

    /** All calls, distinct jobs, jobs that were called more than once, and calls beyond the capacity of the table. */
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
