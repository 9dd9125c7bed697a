package dev.sluice.journal.embedded;

import dev.sluice.job.IllegalTransitionException;
import dev.sluice.job.JobId;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.MonoSink;

/** Erases one finished job, whenever it would expire. */
final class Erase implements Change {

    private final JobId id;
    private final Erasure erasure;
    private final MonoSink<Boolean> sink;
    private @Nullable JobHead done;

    Erase(JobId id, Erasure erasure, MonoSink<Boolean> sink) {
        this.id = id;
        this.erasure = erasure;
        this.sink = sink;
    }

    @Override
    public void stage(Group group) {
        done = group.done(id);
        if (done != null) {
            if (done.key().length > 0) {
                Erasure.stageKey(group, group.batch(), done);
            }
            erasure.stage(group.batch(), done);
            group.erased(id);
            erasure.step();
            group.sync();
            return;
        }
        JobHead open = group.open(id);
        if (open != null) {
            throw new IllegalTransitionException(open.job(), "erase");
        }
    }

    @Override
    public void committed() {
        if (done != null) {
            erasure.step();
            if (Erasure.hasPieces(done)) {
                erasure.removePieces(List.of(id));
            }
        }
        sink.success(done != null);
    }

    @Override
    public void failed(Throwable error) {
        sink.error(error);
    }
}
