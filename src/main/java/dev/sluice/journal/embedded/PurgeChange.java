package dev.sluice.journal.embedded;

import dev.sluice.job.JobId;
import dev.sluice.journal.JournalUnavailableException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * A batch that removes due rows and what they refer to. It is prepared on a reader's thread to offload the writer's.
 *
 * <p>This is safe because a finished job does not change. In between it may be erased by another caller, and then must
 * be counted only once, or a newer job may take its idempotency key, which must be kept: {@link JobEraser#steps}
 * detects both. Only a recovery of the store can make a finished job unfinished.
 *
 * <p>It is synced only if there are pieces to remove afterwards: jobs restored by a power cut are purged again.
 */
final class PurgeChange implements Change {

    private final Store.Batch batch;
    private final Writer writer;
    private final JobEraser eraser;
    private final int recoveries;
    private final int erasures;
    private final List<JobId> jobs = new ArrayList<>();
    private final List<JobHead> freed = new ArrayList<>(); // their idempotency keys are deleted, too
    private final List<JobId> withPieces = new ArrayList<>();
    private final Sinks.One<PurgeChange> outcome = Sinks.one();
    private int changes;
    private long erased;

    PurgeChange(Store.Batch batch, Writer writer, JobEraser eraser) {
        this.batch = batch;
        this.writer = writer;
        this.eraser = eraser;
        this.recoveries = writer.recoveries();
        this.erasures = eraser.steps();
    }

    void delete(Table table, byte[] key) {
        batch.delete(table, key);
        changes++;
    }

    /**
     * Adds the erasure of a job.
     *
     * @param holder who holds its idempotency key, null if it has none or nobody does
     */
    void erase(JobHead done, byte @Nullable [] holder) {
        eraser.stage(batch, done);
        jobs.add(done.job().id());
        if (JobEraser.isOwn(done, holder)) {
            delete(Table.KEYS, done.key());
            freed.add(done);
        }
        if (JobEraser.hasPieces(done)) {
            withPieces.add(done.job().id());
        }
        changes += JobEraser.rows(done);
    }

    /** Returns the approximate number of rows that it changes. */
    int changes() {
        return changes;
    }

    /** Returns how many jobs it erased. */
    long erased() {
        return erased;
    }

    /** Completes with this change when it is written. */
    Mono<PurgeChange> outcome() {
        return outcome.asMono();
    }

    @Override
    public void stage(CommitGroup group) {
        if (writer.recoveries() != recoveries) {
            throw new JournalUnavailableException("what was to be purged was read before the journal recovered", null);
        }
        if (eraser.steps() == erasures) {
            erased = jobs.size();
        } else {
            erased = remaining(group);
            returnKeys(group);
        }
        jobs.forEach(group.jobs()::erase);
        eraser.step();
        group.include(batch);
        if (!withPieces.isEmpty()) {
            group.sync();
        }
    }

    @Override
    public void committed() {
        close();
        eraser.step();
        if (!withPieces.isEmpty()) {
            eraser.removePieces(withPieces);
        }
        outcome.tryEmitValue(this);
    }

    @Override
    public void failed(Throwable error) {
        close();
        outcome.tryEmitError(error);
    }

    /** Returns how many of the jobs were not erased by another caller meanwhile. */
    private long remaining(CommitGroup group) {
        return jobs.stream().filter(id -> group.jobs().done(id) != null).count();
    }

    private void returnKeys(CommitGroup group) {
        for (JobHead done : freed) {
            byte[] holder = group.holder(done.key());
            if (holder != null && !JobEraser.isOwn(done, holder)) {
                batch.put(Table.KEYS, done.key(), holder);
            }
        }
    }

    /** To be called if it is not submitted; otherwise the writer closes it. */
    void close() {
        batch.close();
    }
}
