package dev.sluice.journal.embedded;

import dev.sluice.job.IllegalTransitionException;
import dev.sluice.job.JobId;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.MonoSink;

/** Erases one finished job, regardless of its expiry. */
final class EraseChange implements Change {

    private final JobId id;
    private final JobEraser eraser;
    private final MonoSink<Boolean> sink;
    private @Nullable JobHead done;

    EraseChange(JobId id, JobEraser eraser, MonoSink<Boolean> sink) {
        this.id = id;
        this.eraser = eraser;
        this.sink = sink;
    }

    @Override
    public void stage(CommitGroup group) {
        done = group.jobs().done(id);
        if (done != null) {
            eraser.stageNow(group, done);
            eraser.step();
            group.sync();
            return;
        }
        JobHead open = group.jobs().open(id);
        if (open != null) {
            throw new IllegalTransitionException(open.job(), "erase");
        }
    }

    @Override
    public void committed() {
        if (done != null) {
            eraser.step();
            if (JobEraser.hasPieces(done)) {
                eraser.removePieces(List.of(id));
            }
        }
        sink.success(done != null);
    }

    @Override
    public void failed(Throwable error) {
        sink.error(error);
    }
}
