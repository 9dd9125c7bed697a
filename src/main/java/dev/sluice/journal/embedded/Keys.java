package dev.sluice.journal.embedded;

import dev.sluice.job.GroupId;
import dev.sluice.job.JobId;
import dev.sluice.journal.core.BodyName;

/** The keys of all tables: big-endian, so that the byte order is the order of the values. */
final class Keys {

    private static final byte REQUEST = 0;
    private static final byte RESPONSE = 1;
    private static final byte OPEN_GROUP = 0;
    private static final byte DONE_GROUP = 1;

    private Keys() {}

    static byte[] job(JobId id) {
        byte[] key = new byte[JobId.BYTES];
        id.writeTo(key, 0);
        return key;
    }

    static byte[] event(JobId id, long seq) {
        byte[] key = new byte[JobId.BYTES + Long.BYTES];
        id.writeTo(key, 0);
        putLong(key, JobId.BYTES, seq);
        return key;
    }

    static long seq(byte[] eventKey) {
        return getLong(eventKey, JobId.BYTES);
    }

    /** The common prefix of the keys of all pieces of a body. */
    static byte[] body(BodyName body) {
        byte[] key = new byte[JobId.BYTES + 1 + Long.BYTES];
        body.job().writeTo(key, 0);
        key[JobId.BYTES] = body.isRequest() ? REQUEST : RESPONSE;
        putLong(key, JobId.BYTES + 1, body.part());
        return key;
    }

    /** Decodes a key made by {@link #body}. */
    static BodyName bodyName(byte[] key) {
        return new BodyName(JobId.fromBytes(key, 0), getLong(key, JobId.BYTES + 1));
    }

    static byte[] piece(byte[] body, int number) {
        byte[] key = new byte[body.length + Integer.BYTES];
        System.arraycopy(body, 0, key, 0, body.length);
        for (int i = 0; i < Integer.BYTES; i++) {
            key[body.length + i] = (byte) (number >>> (24 - 8 * i));
        }
        return key;
    }

    static byte[] expiry(long millis, JobId id) {
        byte[] key = new byte[Long.BYTES + JobId.BYTES];
        putLong(key, 0, millis);
        id.writeTo(key, Long.BYTES);
        return key;
    }

    static JobId expiring(byte[] expiryKey) {
        return JobId.fromBytes(expiryKey, Long.BYTES);
    }

    /** The key of an unfinished group. */
    static byte[] openGroup(GroupId id) {
        return group(OPEN_GROUP, id);
    }

    /** The key of a finished group, or of the tombstone of a group. */
    static byte[] doneGroup(GroupId id) {
        return group(DONE_GROUP, id);
    }

    /** The common prefix of the keys of all unfinished groups. */
    static byte[] openGroups() {
        return new byte[] {OPEN_GROUP};
    }

    /** The key of events or jobs of a group, by the number of the last of them. */
    static byte[] inGroup(GroupId id, long last) {
        return event(id.value(), last);
    }

    /** The id in a key made by {@link #openGroup} or for a task: at its end. */
    static GroupId groupAtEnd(byte[] key) {
        return new GroupId(JobId.fromBytes(key, key.length - JobId.BYTES));
    }

    private static byte[] group(byte kind, GroupId id) {
        byte[] key = new byte[1 + JobId.BYTES];
        key[0] = kind;
        id.value().writeTo(key, 1);
        return key;
    }

    static byte[] number(long value) {
        byte[] bytes = new byte[Long.BYTES];
        putLong(bytes, 0, value);
        return bytes;
    }

    /** Returns the first key after all keys with this prefix. */
    static byte[] after(byte[] prefix) {
        byte[] next = prefix.clone();
        for (int i = next.length - 1; i >= 0; i--) {
            if (++next[i] != 0) {
                return next;
            }
        }
        throw new IllegalArgumentException("nothing comes after it");
    }

    private static void putLong(byte[] target, int offset, long value) {
        for (int i = 0; i < Long.BYTES; i++) {
            target[offset + i] = (byte) (value >>> (56 - 8 * i));
        }
    }

    private static long getLong(byte[] bytes, int offset) {
        long value = 0;
        for (int i = 0; i < Long.BYTES; i++) {
            value = (value << 8) | (bytes[offset + i] & 0xff);
        }
        return value;
    }
}
