package dev.sluice.journal.postgres;

import dev.sluice.journal.JournalUnavailableException;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Claims whose response was lost. They are asked for by their numbers, and the jobs of those that were executed are adopted:
 * their leases begin anew. Thread-safe.
 *
 * @param <R> a row of a claim
 */
final class ClaimsInDoubt<R> {

    private static final Logger log = LoggerFactory.getLogger(ClaimsInDoubt.class);

    /** How long a claim that was not found may still be executed. */
    private static final long DOUBT_NANOS = Duration.ofSeconds(10).toNanos();

    private static final long ASKED_AGAIN_NANOS = Duration.ofSeconds(1).toNanos();

    private final Database database;
    private final String adopting;
    private final Session.Mapping<R> mapping;
    private final Queue<DoubtfulClaim> unsure = new ConcurrentLinkedQueue<>();

    /**
     * Creates an instance without claims.
     *
     * @param adopting the statement that adopts the jobs of a claim, with the parameters of {@link DoubtfulClaim#adopted}
     */
    ClaimsInDoubt(Database database, String adopting, Session.Mapping<R> mapping) {
        this.database = database;
        this.adopting = adopting;
        this.mapping = mapping;
    }

    /** Adds a claim, and returns its rows if it was executed and the database is available; null otherwise. */
    @Nullable
    List<R> lost(DoubtfulClaim claim) {
        claim.lostAt = System.nanoTime();
        claim.askAt = claim.lostAt;
        unsure.add(claim);
        try {
            return adopt(claim);
        } catch (DatabaseException | JournalUnavailableException e) {
            log.debug("What became of a claim is not known yet: {}", e.getMessage());
            return null; // left to the next claim
        }
    }

    /** Returns the rows of the first claim that was executed; null if there is none. */
    @Nullable
    List<R> found() {
        long now = System.nanoTime();
        for (DoubtfulClaim claim : unsure) {
            List<R> rows = now - claim.askAt >= 0 ? adopt(claim) : null;
            if (rows != null) {
                return rows; // others are adopted by the next claim
            }
        }
        return null;
    }

    /** Returns the rows of a claim; null if it was not executed, or not yet. */
    private @Nullable List<R> adopt(DoubtfulClaim claim) {
        if (!claim.asking.compareAndSet(false, true)) {
            return null;
        }
        try {
            return unsure.contains(claim) ? ask(claim) : null;
        } finally {
            claim.asking.set(false);
        }
    }

    private @Nullable List<R> ask(DoubtfulClaim claim) {
        List<R> rows = database.use(session -> {
            session.rows(ClaimSql.AWAIT_END, row -> 1, claim.number);
            return session.rows(adopting, mapping, claim.adopted());
        });
        long now = System.nanoTime();
        claim.askAt = now + ASKED_AGAIN_NANOS;
        if (!rows.isEmpty() || now - claim.lostAt > DOUBT_NANOS) {
            unsure.remove(claim);
        }
        return rows.isEmpty() ? null : rows;
    }
}
