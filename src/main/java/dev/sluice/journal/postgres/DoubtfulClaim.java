package dev.sluice.journal.postgres;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;

/** The number by which the jobs of a claim are found if it is in doubt, and what finds them. */
final class DoubtfulClaim {

    final long number = ThreadLocalRandom.current().nextLong();
    final AtomicBoolean asking = new AtomicBoolean();
    volatile long lostAt;
    volatile long askAt;

    private final String[] routes;
    private final long lease;

    DoubtfulClaim(String[] routes, long lease) {
        this.routes = routes;
        this.lease = lease;
    }

    /** The parameters that find the jobs that it started. */
    Object[] adopted() {
        return new Object[] {routes, number, lease};
    }
}
