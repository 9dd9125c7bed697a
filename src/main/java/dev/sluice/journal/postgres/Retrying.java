package dev.sluice.journal.postgres;

import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.core.GroupCommitter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes batches to the database with retries: at once after a conflict with another transaction; after a pause if the
 * connection broke and the outcome is unknown, until {@link Database#timeout} has passed; each member on its own if one
 * of them is at fault. While the database is unavailable, refusable members are rejected at once.
 */
final class Retrying<M extends GroupCommitter.Member> implements GroupCommitter.Carrier<M> {

    private static final Logger log = LoggerFactory.getLogger(Retrying.class);

    private static final int CLASHES = 20;

    /** One try. */
    interface Try<M> {

        /**
         * Completes the members as their outcomes become known and removes them from the list; returns when it is
         * empty. Blocks.
         *
         * @param again whether the members may have been written by an earlier try whose outcome is unknown
         */
        void carry(List<M> batch, boolean again);

        /** Called for members about to fail although they may have been written. */
        default void givenUp(List<M> unsure) {}

        /** Whether a try makes sense at present. */
        default boolean isWorthATry(Database database) {
            return database.health().up();
        }
    }

    private final String name;
    private final Try<M> once;
    private final Database database;
    private final PostgresJournalMeters meters;
    private final PostgresJournalMeters.Batches batches;

    Retrying(String name, Try<M> once, Database database, PostgresJournalMeters meters) {
        this.name = name;
        this.once = once;
        this.database = database;
        this.meters = meters;
        this.batches = meters.batches(name);
    }

    @Override
    public @Nullable RuntimeException refusal(M member) {
        return once.isWorthATry(database)
                ? null
                : new JournalUnavailableException(database.health().detail(), null);
    }

    @Override
    public void mistake(Throwable error) {
        meters.mistaken();
    }

    @Override
    public void carry(List<M> batch) {
        List<M> whole = admitted(batch);
        Queue<List<M>> parts = new ArrayDeque<>();
        if (!whole.isEmpty()) {
            parts.add(whole);
        }
        for (List<M> part = parts.poll(); part != null; part = parts.poll()) {
            int size = part.size();
            long begin = System.nanoTime();
            RuntimeException mistake = untilDone(part);
            if (mistake != null) {
                mistake(mistake);
            }
            if (mistake == null) {
                batches.done(size, System.nanoTime() - begin);
                part.forEach(member -> fail(member, new IllegalStateException("nothing became of it")));
            } else if (size > 1) {
                // One of them is at fault: each is tried on its own, so that the others do not fail.
                log.warn("A batch of {} {} failed and is divided", part.size(), name, mistake);
                part.forEach(member -> parts.add(new ArrayList<>(List.of(member))));
            } else {
                part.forEach(member -> fail(member, mistake));
            }
        }
    }

    /** The database may have become unavailable while they waited. */
    private List<M> admitted(List<M> batch) {
        List<M> admitted = new ArrayList<>(batch.size());
        for (M member : batch) {
            RuntimeException refusal = member.refusable() ? refusal(member) : null;
            if (refusal == null) {
                admitted.add(member);
            } else {
                fail(member, refusal);
            }
        }
        return admitted;
    }

    /** Writes a batch with retries; returns the error of the remaining members, if any. */
    private @Nullable RuntimeException untilDone(List<M> batch) {
        boolean again = false;
        Backoff backoff = new Backoff(database.timeout());
        for (int tries = 1; ; tries++) {
            try {
                once.carry(batch, again);
                return null;
            } catch (RuntimeException e) {
                Faults.Kind kind = Faults.kind(e);
                if (kind == Faults.Kind.MISTAKE) {
                    return e;
                } else if (kind == Faults.Kind.UNKNOWN || (again && kind == Faults.Kind.REFUSED)) {
                    again = true;
                    if (!backoff.pause()) {
                        giveUp(batch, e, true);
                        return null;
                    }
                } else if (kind == Faults.Kind.REFUSED || tries >= CLASHES) {
                    giveUp(batch, e, again);
                    return null;
                }
            }
        }
    }

    private void giveUp(List<M> batch, RuntimeException error, boolean again) {
        JournalUnavailableException told = error instanceof JournalUnavailableException already
                ? already
                : new JournalUnavailableException(Faults.words(error), error);
        List<M> left = List.copyOf(batch);
        batch.clear();
        if (again) {
            once.givenUp(left);
        }
        left.forEach(member -> fail(member, told));
    }

    private void fail(M member, Throwable error) {
        try {
            member.failed(error);
        } catch (RuntimeException e) {
            log.error("Telling a caller of the journal of an error has failed", e);
            mistake(e);
        }
    }
}
