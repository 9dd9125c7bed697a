package dev.sluice.journal.embedded;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.journal.JobReader;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Stages the erasure of finished jobs, and removes their pieces afterwards. */
final class JobEraser {

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
        if (job.result() != null) {
            batch.delete(Table.RESULTS, key);
        }
        stageEvents(batch, job);
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
        group.erased(done.job().id());
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

    private static void stageEvents(Store.Batch batch, Job job) {
        if (job.lastSeq() > JobReader.HISTORY_KEPT) {
            batch.deleteRange(Table.EVENTS, Keys.event(job.id(), 2), Keys.event(job.id(), job.lastSeq() + 1));
            return;
        }
        for (long seq = 2; seq <= job.lastSeq(); seq++) {
            batch.delete(Table.EVENTS, Keys.event(job.id(), seq));
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
