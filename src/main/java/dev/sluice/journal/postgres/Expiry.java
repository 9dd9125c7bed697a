package dev.sluice.journal.postgres;

import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * When claims are to look for expired leases, by the database's time. The end of a lease is in no index, because each renewal
 * would write to that, so a look reads all jobs that run and cannot be part of every claim. A look tells when the first lease
 * expires; the next one is due then, or after {@link #LONGEST_MILLIS} because of the leases that began meanwhile. So a lease
 * that lasts at least that long is found expired by the first claim after its end. For any thread.
 */
final class Expiry {

    /** Less than the shortest lease that can be configured. */
    static final long LONGEST_MILLIS = 1_000;

    static final String LOOK = Sql.of("first-expiry");

    private volatile long nextLook;

    /**
     * What a look has found.
     *
     * @param now the database's time
     * @param first when the first lease expires; {@link Long#MAX_VALUE} if no job runs
     */
    record Look(long now, long first) {

        /** From two columns, which count from 0. */
        static Look of(ResultSet row, int column) throws SQLException {
            return new Look(Rows.number(row, column), Rows.number(row, column + 1));
        }

        boolean foundLost() {
            return first <= now;
        }
    }

    /** From when on a claim is to look. */
    long nextLook() {
        return nextLook;
    }

    /** Somebody has looked. That the time is earlier than at the look before means that the clock was set back. */
    void looked(Look look) {
        nextLook = Math.min(look.first(), look.now() + LONGEST_MILLIS);
    }
}
