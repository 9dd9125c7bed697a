package dev.sluice.journal.embedded;

import dev.sluice.job.JobId;
import dev.sluice.journal.JournalUnavailableException;
import java.util.ArrayList;
import java.util.List;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Some rows that are due, and a batch that removes what they stand for. It is put together on a reader's thread, so that
 * little is left to do on the writer's, where everybody else waits meanwhile.
 *
 * <p>That is allowed because a finished job does not change: it may be erased by somebody else in between, which is as good but counted once,
 * and a newer job may take its idempotency key, which is looked at again. Only after the store recovered a job that was
 * finished may be so no longer.
 *
 * <p>It is not synced unless there are pieces to remove afterwards: what a power cut brings back is purged again.
 */
final class PurgeStep implements Change {

    private final Store.Batch batch;
    private final Writer writer;
    private final Erasure erasure;
    private final int recoveries;
    private final int erasures;
    private final List<JobHead> jobs = new ArrayList<>();
    private final List<JobId> withPieces = new ArrayList<>();
    private final Sinks.One<PurgeStep> outcome = Sinks.one();
    private int changes;
    private long erased;

    PurgeStep(Store.Batch batch, Writer writer, Erasure erasure) {
        this.batch = batch;
        this.writer = writer;
        this.erasure = erasure;
        this.recoveries = writer.recoveries();
        this.erasures = erasure.steps();
    }

    void delete(Table table, byte[] key) {
        batch.delete(table, key);
        changes++;
    }

    void erase(JobHead done) {
        erasure.stage(batch, done);
        jobs.add(done);
        if (Erasure.hasPieces(done)) {
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
    Mono<PurgeStep> outcome() {
        return outcome.asMono();
    }

    @Override
    public void stage(Group group) {
        if (writer.recoveries() != recoveries) {
            throw new JournalUnavailableException("what was to be purged was read before the journal recovered", null);
        }
        erased = erasure.steps() == erasures ? jobs.size() : remaining(group);
        for (JobHead done : jobs) {
            group.erased(done.job().id());
            Erasure.stageKey(group, batch, done);
        }
        erasure.step();
        group.include(batch);
        if (!withPieces.isEmpty()) {
            group.sync();
        }
    }

    @Override
    public void committed() {
        close();
        erasure.step();
        if (!withPieces.isEmpty()) {
            erasure.removePieces(withPieces);
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
        return jobs.stream().filter(done -> group.done(done.job().id()) != null).count();
    }

    /** To be called if it is not handed over; else the writer does. */
    void close() {
        batch.close();
    }
}
