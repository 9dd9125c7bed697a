package dev.sluice.journal.embedded;

import dev.sluice.job.JobId;
import dev.sluice.journal.JournalUnavailableException;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.MonoSink;

/** Erases those of some jobs that are finished: as many as one step may, then submits the next one. */
final class EraseMembersChange implements Change {

    private static final Logger log = LoggerFactory.getLogger(EraseMembersChange.class);

    private final List<JobId> jobs;
    private final JobEraser eraser;
    private final Writer writer;
    private final MonoSink<Void> sink;
    private final List<JobId> withPieces = new ArrayList<>();
    private int done;

    EraseMembersChange(List<JobId> jobs, JobEraser eraser, Writer writer, MonoSink<Void> sink) {
        this.jobs = jobs;
        this.eraser = eraser;
        this.writer = writer;
        this.sink = sink;
    }

    @Override
    public void stage(CommitGroup group) {
        int rows = 0;
        while (done < jobs.size() && rows < JobEraser.ROWS_AT_ONCE) {
            rows += stage(jobs.get(done), group);
            done++;
        }
        eraser.step();
        group.sync();
    }

    /** Returns about how many rows it takes. */
    private int stage(JobId id, CommitGroup group) {
        try {
            JobHead head = group.jobs().done(id);
            if (head == null) {
                return 1;
            }
            eraser.stageNow(group, head);
            if (JobEraser.hasPieces(head)) {
                withPieces.add(id);
            }
            return JobEraser.rows(head);
        } catch (JournalUnavailableException e) {
            log.error("Job {} cannot be read and is not erased with its group: {}", id, e.getMessage());
            return 1;
        }
    }

    @Override
    public void committed() {
        eraser.step();
        if (!withPieces.isEmpty()) {
            eraser.removePieces(withPieces);
        }
        if (done < jobs.size()) {
            writer.submit(new EraseMembersChange(jobs.subList(done, jobs.size()), eraser, writer, sink));
        } else {
            sink.success();
        }
    }

    @Override
    public void failed(Throwable error) {
        sink.error(error);
    }
}
