package dev.sluice.journal.embedded;

import dev.sluice.job.GroupId;
import java.time.Duration;
import java.time.Instant;

/** What is to be done with a group, now or at some time; the letters are part of the stored form. */
enum GroupTask {
    /** Its unfinished jobs are being cancelled. */
    CANCEL('c'),
    /** Its jobs are being erased. */
    ERASE('e'),
    /** It has finished, and expires at that time. */
    EXPIRE('x'),
    /** Before that time less was kept of some of its jobs, and what only told of that is to be removed. */
    TRIM('m'),
    /** It was erased at that time, and its tombstone is to be removed. */
    BURY('t');

    private static final long TRIMMED_EACH_MILLIS = Duration.ofHours(1).toMillis();

    private final byte letter;

    GroupTask(char letter) {
        this.letter = (byte) letter;
    }

    /** The common prefix of the keys of all tasks of this kind. */
    byte[] prefix() {
        return new byte[] {letter};
    }

    /** The key of a task to be done now. */
    byte[] key(GroupId id) {
        return key(Keys.job(id.value()));
    }

    /** The key of a task to be done at some time. */
    byte[] key(long millis, GroupId id) {
        return key(Keys.expiry(millis, id.value()));
    }

    /**
     * The key of {@link #TRIM} for what goes at some time: one for all that goes within an hour, due behind it, so that nothing is
     * added to a task that is being done.
     */
    static byte[] trim(Instant now, GroupId id) {
        return TRIM.key((now.toEpochMilli() / TRIMMED_EACH_MILLIS + 1) * TRIMMED_EACH_MILLIS, id);
    }

    /** The key after all tasks of this kind to be done up to some time. */
    byte[] after(long millis) {
        return key(Keys.number(millis + 1));
    }

    private byte[] key(byte[] rest) {
        byte[] key = new byte[1 + rest.length];
        key[0] = letter;
        System.arraycopy(rest, 0, key, 1, rest.length);
        return key;
    }
}
