package dev.sluice.journal.postgres;

import dev.sluice.job.GroupId;
import dev.sluice.job.JobId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Withdraws jobs in doubt: their callers received an error, but the jobs may have been written, because the connection
 * broke and the database stayed unavailable for longer than the time limit. They are removed as soon as it is
 * available, before this node claims anything, and looked for again for a while, in case a statement was still in
 * progress.
 *
 * <p>A job that a client may know is never withdrawn. A client that repeats the request with its key, on any node,
 * finds the job, and that is recorded beside the key ({@code told}) before the response: the record and the withdrawal
 * lock the same row, so that either the job stays or the repetition creates a new one. A job that was started,
 * cancelled or reported on has a later event. No other client can know it: its id is random. An operator who sees it in
 * the list of all jobs before it is withdrawn finds it erased later. Its group counts it as a cancelled job, because counts
 * never run backwards, but not as one of those with which it is complete, so that the repetition has a place in it; unless it
 * was the last of them, because what has closed stays closed.
 *
 * <p>Two cases remain: another node starts such a job first, which then runs; or this node dies before the database is
 * available, so that the job stays queued. Either way it runs once although its caller was told to retry, as if the
 * response had been lost. Thread-safe; {@link #run} blocks.
 */
final class Withdrawals {

    private static final Logger log = LoggerFactory.getLogger(Withdrawals.class);

    /** The most jobs in doubt at once, far above what is in progress when a connection breaks. */
    private static final int MOST = 16 * 1024;

    private static final long KEPT_NANOS = Duration.ofMinutes(2).toNanos();

    static final String WITHDRAW = Sql.of("withdraw");

    private final Database database;
    private final Causes causes;
    private final PieceSweep sweep;
    private final GroupFeed feed;

    /** When each was given up, earliest first. */
    private final Map<JobId, Long> doubtful = new LinkedHashMap<>();

    /** Whether some have not been looked for since they were given up. */
    private volatile boolean urgent;

    Withdrawals(Database database, Causes causes, PieceSweep sweep, GroupFeed feed) {
        this.database = database;
        this.causes = causes;
        this.sweep = sweep;
        this.feed = feed;
    }

    /** Adds jobs whose callers receive an error. */
    synchronized void add(List<JobId> ids) {
        long now = System.nanoTime();
        ids.forEach(id -> doubtful.put(id, now));
        while (doubtful.size() > MOST) {
            JobId oldest = doubtful.keySet().iterator().next();
            doubtful.remove(oldest);
            log.warn("Job {} may have been accepted although its caller was told otherwise", oldest);
        }
        urgent = true;
    }

    /** Whether some have not been looked for yet. Thread-safe. */
    boolean areUrgent() {
        return urgent;
    }

    /** Removes those that exist and were never started; fails if that is not possible now. */
    void run() {
        List<JobId> ids = all();
        if (!ids.isEmpty()) {
            List<JobId> withdrawn = withdraw(ids);
            looked(ids, withdrawn);
            if (!withdrawn.isEmpty()) {
                sweep.run();
            }
        }
    }

    private record Withdrawn(JobId id, @Nullable GroupId group) {}

    /** A group may finish with the last of its jobs being withdrawn. */
    private List<JobId> withdraw(List<JobId> ids) {
        List<Causes.Accepted> accepted = new ArrayList<>();
        Set<GroupId> groups = new HashSet<>();
        List<Withdrawn> withdrawn = database.transaction(session -> {
            List<Withdrawn> rows = session.rows(
                    WITHDRAW,
                    row -> new Withdrawn(Rows.id(row, 0), Rows.isNull(row, 1) ? null : new GroupId(Rows.id(row, 1))),
                    (Object) Rows.uuids(ids));
            rows.stream().map(Withdrawn::group).filter(Objects::nonNull).forEach(groups::add);
            accepted.addAll(causes.append(session, causes.ofFinished(session, groups)));
            return rows;
        });
        causes.tell(accepted);
        feed.touched(groups);
        return withdrawn.stream().map(Withdrawn::id).toList();
    }

    private synchronized List<JobId> all() {
        return List.copyOf(doubtful.keySet());
    }

    private synchronized void looked(List<JobId> ids, List<JobId> withdrawn) {
        if (!withdrawn.isEmpty()) {
            log.warn(
                    "{} jobs were withdrawn whose callers had been told that they were not accepted", withdrawn.size());
        }
        withdrawn.forEach(doubtful::remove);
        long now = System.nanoTime();
        List<JobId> settled = new ArrayList<>();
        doubtful.forEach((id, since) -> {
            if (now - since > KEPT_NANOS) {
                settled.add(id);
            }
        });
        settled.forEach(doubtful::remove);
        urgent = !ids.containsAll(doubtful.keySet());
    }
}
