package dev.sluice.journal.embedded;

import dev.sluice.job.GroupId;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Stages the erasure of finished jobs, and removes their pieces afterwards. */
final class JobEraser {

    /** What one change erases: about a millisecond of the writer's time, by which a concurrent acceptance is delayed. */
    static final int ROWS_AT_ONCE = 1024;

    private static final int EVENTS_ONE_BY_ONE = 1_000;
    private static final int OUTPUTS_ONE_BY_ONE = 32; // most numbers have no row

    private final WorkingSet working;
    private final Writer writer;
    private final EmbeddedPieceStore bodies;
    private final AtomicInteger steps = new AtomicInteger();

    JobEraser(WorkingSet working, Writer writer, EmbeddedPieceStore bodies) {
        this.working = working;
        this.writer = writer;
        this.bodies = bodies;
    }

    /**
     * Erases a job but for its idempotency key, and leaves a tombstone. Performs no read that could fail, so that a job
     * is erased completely or not at all. Thread-safe.
     */
    void stage(Store.Batch batch, JobHead done) {
        Job job = done.job();
        byte[] key = Keys.job(job.id());
        batch.put(Table.DONE, key, CommitGroup.NOTHING);
        batch.put(Table.TOMBSTONES, Keys.expiry(working.now().toEpochMilli(), job.id()), CommitGroup.NOTHING);
        batch.delete(Table.EXPIRY, CommitGroup.expiryKey(job));
        batch.delete(Table.REQUESTS, key);
        if (job.result() != null || done.events().outputs() > 0) {
            batch.delete(Table.RESULTS, key);
        }
        stageEvents(batch, done);
        GroupId group = job.spec().group();
        if (group != null) {
            batch.put(Table.GROUP_TASKS, GroupTask.trim(working.now(), group), CommitGroup.NOTHING);
        }
        if (hasPieces(done)) {
            batch.put(Table.RECEIVING, key, CommitGroup.NOTHING); // in case this process dies before they are removed
            batch.deleteRange(Table.PIECES, key, Keys.after(key)); // where earlier versions wrote them
        }
    }

    /** Erases a job with its idempotency key in a commit group. */
    void stageNow(CommitGroup group, JobHead done) {
        if (done.key().length > 0) {
            stageKey(group, group.batch(), done);
        }
        stage(group.batch(), done);
        group.jobs().erase(done.job().id());
    }

    /** Removes the key of a job if the job still holds it: since it expired, a newer one may have taken it. */
    private static void stageKey(CommitGroup group, Store.Batch batch, JobHead done) {
        if (isOwn(done, group.holder(done.key()))) {
            batch.delete(Table.KEYS, done.key());
        }
    }

    /** Whether a job holds its own key. */
    static boolean isOwn(JobHead done, byte @Nullable [] holder) {
        return holder != null && JobId.fromBytes(holder, 0).equals(done.job().id());
    }

    /**
     * Returns a counter that changes whenever a job is erased or its idempotency key passes to a newer one, both when
     * that is staged and when it is written: reads of finished jobs between two equal values are consistent.
     */
    int steps() {
        return steps.get();
    }

    /** Advances the counter. On the writer's thread. */
    void step() {
        steps.incrementAndGet();
    }

    static boolean hasPieces(JobHead done) {
        return done.requestPieces() > 0 || done.resultPieces() > 0;
    }

    /** Removes the pieces of jobs whose erasure is on stable storage. */
    void removePieces(List<JobId> jobs) {
        bodies.erase(jobs, () -> writer.submit(new Noted(jobs)));
    }

    /** Returns about how many rows the erasure of a job changes. */
    static int rows(JobHead done) {
        long outputs = done.events().outputs();
        long end = done.job().lastSeq() + 1;
        return 8
                + rows(2, outputs == 0 ? end : outputs, EVENTS_ONE_BY_ONE)
                + (outputs == 0 ? 0 : 2 * rows(outputs, end, OUTPUTS_ONE_BY_ONE));
    }

    private static int rows(long from, long to, int most) {
        return to - from > most ? 1 : (int) (to - from);
    }

    private static void stageEvents(Store.Batch batch, JobHead done) {
        JobId id = done.job().id();
        long outputs = done.events().outputs();
        long end = done.job().lastSeq() + 1;
        delete(batch, Table.EVENTS, id, 2, outputs == 0 ? end : outputs, EVENTS_ONE_BY_ONE);
        if (outputs > 0) {
            delete(batch, Table.EVENTS, id, outputs, end, OUTPUTS_ONE_BY_ONE);
            delete(batch, Table.OUTPUTS, id, outputs, end, OUTPUTS_ONE_BY_ONE);
        }
    }

    /** Deletes the events with numbers in a range: one by one if they are few, because the mark of a range slows readers. */
    private static void delete(Store.Batch batch, Table table, JobId id, long from, long to, int most) {
        if (to - from > most) {
            batch.deleteRange(table, Keys.event(id, from), Keys.event(id, to));
            return;
        }
        for (long seq = from; seq < to; seq++) {
            batch.delete(table, Keys.event(id, seq));
        }
    }

    /** Removes the marks of erased jobs whose pieces are gone. Not synced, because a start may repeat it. */
    private record Noted(List<JobId> jobs) implements Change {

        @Override
        public void stage(CommitGroup group) {
            jobs.forEach(job -> group.delete(Table.RECEIVING, Keys.job(job)));
        }

        @Override
        public void committed() {}

        @Override
        public void failed(Throwable error) {}
    }
}
