package dev.sluice.journal.postgres;

import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * Decides when a claim checks for expired leases, in the database's time. No index contains the end of a lease, because every
 * renewal would have to write to it; a check therefore reads all running jobs and is too expensive for every claim. Each check
 * returns the end of the lease that expires first. The next check is due at that time, and no later than
 * {@link #LONGEST_MILLIS} after the check, because leases may have begun since. A lease that lasts at least that long is thus
 * found by the first claim after it has expired. Thread-safe.
 */
final class Expiry {

    /** The longest time between two checks. No configured lease is shorter. */
    static final long LONGEST_MILLIS = 1_000;

    static final String LOOK = Sql.of("first-expiry");

    private volatile long nextLook;

    /**
     * The result of a check.
     *
     * @param now the database's time of the check, in milliseconds since 1970
     * @param first the earliest end of a lease, likewise; {@link Long#MAX_VALUE} if no job is running
     */
    record Look(long now, long first) {

        /** Reads the two components from a column and the one after it; columns are numbered from 0. */
        static Look of(ResultSet row, int column) throws SQLException {
            return new Look(Rows.number(row, column), Rows.number(row, column + 1));
        }

        boolean foundLost() {
            return first <= now;
        }
    }

    /** Returns the time from which on a claim makes a check. */
    long nextLook() {
        return nextLook;
    }

    /** Records a check. Its time may be before that of the last one if the database's clock was set back. */
    void looked(Look look) {
        nextLook = Math.min(look.first(), look.now() + LONGEST_MILLIS);
    }
}
