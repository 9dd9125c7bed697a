package dev.sluice.journal.postgres;

import dev.sluice.job.JobId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes back jobs whose callers were told that they were not accepted, although nobody knows whether they were written: the
 * connection broke, and the database stayed away for longer than anyone waits. They are removed as soon as it is back, before
 * this node claims anything, and looked for again for a while, in case a statement was still on its way.
 *
 * <p>What somebody may have been told is never withdrawn. Who repeats the request with its key, at whatever node, finds the
 * job, and before he is told of it that is noted beside the key ({@code told}): the note and the withdrawal lock the same
 * row, so that either the job stays or the one who repeats makes a new one. Of a job that was started by any node, cancelled
 * or reported on, the number of the latest event says so. Nobody else can know it: its id is random, and who sees it in the
 * list of all jobs before it is withdrawn finds it erased later, as he does any other that was removed.
 *
 * <p>What remains possible: that another node starts such a job first, which is then left alone and runs; and that this node
 * dies before the database is back, so that the job stays in the queue. Either way it runs once although its caller was told
 * to try again, as if the answer to him had been lost. For any thread; {@link #run} blocks.
 */
final class Withdrawals {

    private static final Logger log = LoggerFactory.getLogger(Withdrawals.class);

    /** No more can be in doubt at once: what is under way when a connection breaks is far less. */
    private static final int MOST = 16 * 1024;

    private static final long KEPT_NANOS = Duration.ofMinutes(2).toNanos();

    static final String WITHDRAW = Sql.of("withdraw");

    private final Database database;
    private final PieceSweep sweep;

    /** When each was given up, the earliest first. */
    private final Map<JobId, Long> doubtful = new LinkedHashMap<>();

    /** Whether none was looked for yet since it was given up. */
    private volatile boolean urgent;

    Withdrawals(Database database, PieceSweep sweep) {
        this.database = database;
        this.sweep = sweep;
    }

    /** Their callers are told that these were not accepted. */
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

    /** Whether there are some that were not looked for yet; for any thread. */
    boolean areUrgent() {
        return urgent;
    }

    /** Removes those that are there and were never started; fails if that cannot be done now. */
    void run() {
        List<JobId> ids = all();
        if (!ids.isEmpty()) {
            List<JobId> withdrawn = database.rows(WITHDRAW, row -> Rows.id(row, 0), (Object) Rows.uuids(ids));
            looked(ids, withdrawn);
            if (!withdrawn.isEmpty()) {
                sweep.run();
            }
        }
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
