package dev.sluice.journal.rocksdb;

import java.util.List;
import org.rocksdb.RocksDBException;
import reactor.core.publisher.MonoSink;

/** Removes tombstones, named by rows of {@link Table#TOMBSTONES}: nobody will know that these jobs ever were. */
record Bury(List<byte[]> rows, MonoSink<Integer> sink) implements Change {

    @Override
    public void stage(Batch batch) throws RocksDBException {
        for (byte[] row : rows) {
            batch.delete(Table.DONE, Keys.job(Keys.expiring(row)));
            batch.delete(Table.TOMBSTONES, row);
        }
    }

    @Override
    public void committed() {
        sink.success(rows.size());
    }

    @Override
    public void failed(Throwable error) {
        sink.error(error);
    }
}
