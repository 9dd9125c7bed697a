package dev.sluice.journal.rocksdb;

import dev.sluice.job.IllegalTransitionException;
import dev.sluice.job.JobId;
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
        for (long seq = 2; seq <= done.job().lastSeq(); seq++) {
            batch.delete(Table.EVENTS, Keys.event(id, seq));
        }
        if (done.key().length > 0) {
            batch.delete(Table.KEYS, done.key());
        }
        if (done.requestPieces() > 0 || done.resultPieces() > 0) {
            batch.deleteRange(Table.PIECES, key, Keys.after(key));
        }
        batch.sync();
    }
}
