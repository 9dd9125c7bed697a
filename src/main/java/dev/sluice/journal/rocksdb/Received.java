package dev.sluice.journal.rocksdb;

import dev.sluice.job.Job;
import dev.sluice.journal.ReceivedBody;
import dev.sluice.journal.StaleClaimException;
import dev.sluice.journal.core.Body;
import org.rocksdb.RocksDBException;
import reactor.core.publisher.MonoSink;

/** Notes that the pieces of an answer are written and belong to a claim, so that they go when it does. */
record Received(Job claimed, Body body, WorkingSet working, Committer committer, MonoSink<ReceivedBody> sink)
        implements Change {

    @Override
    public void stage(Batch batch) throws RocksDBException {}

    @Override
    public void committed() {
        if (working.received(claimed)) {
            sink.success(body);
        } else {
            failed(new StaleClaimException(claimed.id()));
        }
    }

    @Override
    public void failed(Throwable error) {
        committer.submit(new Discard(Keys.body(claimed.id(), Keys.Part.RESULT, claimed.fence())));
        sink.error(error);
    }
}
