package dev.sluice.journal.rocksdb;

import org.rocksdb.RocksDBException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Removes the pieces of a body that nobody will need. */
record Discard(byte[] prefix) implements Change {

    private static final Logger log = LoggerFactory.getLogger(Discard.class);

    @Override
    public void stage(Batch batch) throws RocksDBException {
        batch.deleteRange(Table.PIECES, prefix, Keys.after(prefix));
        batch.delete(Table.RECEIVING, prefix);
    }

    @Override
    public void committed() {}

    @Override
    public void failed(Throwable error) {
        log.warn("Pieces of an incomplete body are left until the next start: {}", error.getMessage());
    }
}
