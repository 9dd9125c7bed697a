package dev.sluice.journal.embedded;

import java.util.List;
import reactor.core.publisher.MonoSink;

/** Removes tombstones, named by rows of {@link Table#TOMBSTONES}: nobody will know that these jobs ever were. */
record Bury(List<byte[]> rows, MonoSink<Integer> sink) implements Change {

    @Override
    public void stage(Group group) {
        for (byte[] row : rows) {
            group.delete(Table.DONE, Keys.job(Keys.expiring(row)));
            group.delete(Table.TOMBSTONES, row);
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
