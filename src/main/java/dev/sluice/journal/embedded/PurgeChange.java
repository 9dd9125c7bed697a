package dev.sluice.journal.embedded;

import dev.sluice.job.JobId;
import dev.sluice.journal.JournalUnavailableException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Some rows that are due, and a batch that removes what they stand for. It is put together on a reader's thread, so that
 * little is left to do on the writer's, where everybody else waits meanwhile.
 *
 * <p>That is allowed because a finished job does not change. It may be erased by somebody else in between, which is as good
 * but counted once, and a newer job may take its idempotency key, which is given back: {@link JobEraser#steps} tells whether
 * that can have happened. Only after the store recovered a job that was finished may be so no longer.
 *
 * <p>It is not synced unless there are pieces to remove afterwards: what a power cut brings back is purged again.
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
     * Erases a job.
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
        changes += 8 + (int) Math.min(done.job().lastSeq(), Integer.MAX_VALUE / 2);
    }

    /** About how many rows it changes. */
    int changes() {
        return changes;
    }

    /** How many jobs it erased. */
    long erased() {
        return erased;
    }

    /** Completes with this when it is written. */
    Mono<PurgeChange> outcome() {
        return outcome.asMono();
    }

    @Override
    public void stage(Group group) {
        if (writer.recoveries() != recoveries) {
            throw new JournalUnavailableException("what was to be purged was read before the journal recovered", null);
        }
        if (eraser.steps() == erasures) {
            erased = jobs.size();
        } else {
            erased = remaining(group);
            returnKeys(group);
        }
        jobs.forEach(group::erased);
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

    /** How many of the jobs nobody else has erased meanwhile. */
    private long remaining(Group group) {
        return jobs.stream().filter(id -> group.done(id) != null).count();
    }

    private void returnKeys(Group group) {
        for (JobHead done : freed) {
            byte[] holder = group.holder(done.key());
            if (holder != null && !JobEraser.isOwn(done, holder)) {
                batch.put(Table.KEYS, done.key(), holder);
            }
        }
    }

    /** To be called if it is not handed over; else the writer does. */
    void close() {
        batch.close();
    }
}
