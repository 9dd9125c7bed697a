package dev.sluice.journal.rocksdb;

import dev.sluice.job.IllegalTransitionException;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.journal.Journal;
import java.util.List;
import org.rocksdb.RocksDBException;
import reactor.core.publisher.MonoSink;

/** Erases finished jobs and leaves their tombstones. */
final class Erase implements Change {

    private static final byte[] TOMBSTONE = new byte[0];

    private final List<JobId> ids;
    private final List<byte[]> rows;
    private final WorkingSet working;
    private final MonoSink<Integer> sink;
    private int erased;

    private Erase(List<JobId> ids, List<byte[]> rows, WorkingSet working, MonoSink<Integer> sink) {
        this.ids = ids;
        this.rows = rows;
        this.working = working;
        this.sink = sink;
    }

    /** Erases the jobs that these rows of {@link Table#EXPIRY} name, and the rows. */
    static Erase expired(List<byte[]> rows, WorkingSet working, MonoSink<Integer> sink) {
        return new Erase(rows.stream().map(Keys::expiring).toList(), rows, working, sink);
    }

    /** Erases one job, whenever it would expire. */
    static Erase now(JobId id, WorkingSet working, MonoSink<Integer> sink) {
        return new Erase(List.of(id), List.of(), working, sink);
    }

    @Override
    public void stage(Batch batch) throws RocksDBException {
        for (JobId id : ids) {
            Entry done = batch.done(id);
            if (done != null) {
                if (batch.erase(id)) {
                    erase(batch, id, done);
                    erased++;
                }
                continue;
            }
            Entry open = batch.open(id);
            if (open != null) {
                throw new IllegalTransitionException(open.job(), "erase");
            }
        }
        for (byte[] row : rows) {
            batch.delete(Table.EXPIRY, row);
        }
    }

    @Override
    public void committed() {
        sink.success(erased);
    }

    @Override
    public void failed(Throwable error) {
        sink.error(error);
    }

    private void erase(Batch batch, JobId id, Entry done) throws RocksDBException {
        byte[] key = Keys.job(id);
        batch.put(Table.DONE, key, TOMBSTONE);
        batch.put(Table.TOMBSTONES, Keys.expiry(working.now().toEpochMilli(), id), TOMBSTONE);
        batch.delete(Table.EXPIRY, Batch.expiryKey(done.job()));
        batch.delete(Table.REQUESTS, key);
        batch.delete(Table.RESULTS, key);
        eraseEvents(batch, done.job());
        if (done.key().length > 0 && holds(batch, done.key(), id)) {
            batch.delete(Table.KEYS, done.key());
        }
        if (done.requestPieces() > 0 || done.resultPieces() > 0) {
            batch.deleteRange(Table.PIECES, key, Keys.after(key));
        }
        batch.sync();
    }

    private static void eraseEvents(Batch batch, Job job) throws RocksDBException {
        if (job.lastSeq() > Journal.HISTORY_KEPT) {
            batch.deleteRange(Table.EVENTS, Keys.event(job.id(), 2), Keys.event(job.id(), job.lastSeq() + 1));
            return;
        }
        for (long seq = 2; seq <= job.lastSeq(); seq++) {
            batch.delete(Table.EVENTS, Keys.event(job.id(), seq));
        }
    }

    /** Whether the key is still this job's: since the job expired, a newer one may have taken it. */
    private static boolean holds(Batch batch, byte[] key, JobId id) throws RocksDBException {
        byte[] holder = batch.holder(key);
        return holder != null && JobId.fromBytes(holder, 0).equals(id);
    }
}
