package dev.sluice.journal.embedded;

import dev.sluice.job.JobId;
import dev.sluice.journal.JournalUnavailableException;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.MonoSink;

/** Erases those of some jobs that are finished. */
final class EraseMembersChange implements Change {

    private static final Logger log = LoggerFactory.getLogger(EraseMembersChange.class);

    private final List<JobId> jobs;
    private final JobEraser eraser;
    private final MonoSink<Void> sink;
    private final List<JobId> withPieces = new ArrayList<>();

    EraseMembersChange(List<JobId> jobs, JobEraser eraser, MonoSink<Void> sink) {
        this.jobs = jobs;
        this.eraser = eraser;
        this.sink = sink;
    }

    @Override
    public void stage(CommitGroup group) {
        for (JobId id : jobs) {
            try {
                JobHead done = group.done(id);
                if (done != null) {
                    eraser.stageNow(group, done);
                    if (JobEraser.hasPieces(done)) {
                        withPieces.add(id);
                    }
                }
            } catch (JournalUnavailableException e) {
                log.error("Job {} cannot be read and is not erased with its group: {}", id, e.getMessage());
            }
        }
        eraser.step();
        group.sync();
    }

    @Override
    public void committed() {
        eraser.step();
        if (!withPieces.isEmpty()) {
            eraser.removePieces(withPieces);
        }
        sink.success();
    }

    @Override
    public void failed(Throwable error) {
        sink.error(error);
    }
}
