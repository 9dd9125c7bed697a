package dev.sluice.journal.embedded;

import dev.sluice.job.JobId;
import dev.sluice.job.Transition;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.core.Decision.Guard;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.MonoSink;

/** Cancels those of some jobs that are unfinished. */
final class CancelMembersChange implements Change {

    private static final Logger log = LoggerFactory.getLogger(CancelMembersChange.class);

    private final List<JobId> jobs;
    private final Transition.Cancel cancel;
    private final WorkingSet working;
    private final MonoSink<Void> sink;
    private final StagedMoves cancelled = new StagedMoves();

    CancelMembersChange(List<JobId> jobs, Transition.Cancel cancel, WorkingSet working, MonoSink<Void> sink) {
        this.jobs = jobs;
        this.cancel = cancel;
        this.working = working;
        this.sink = sink;
    }

    @Override
    public void stage(CommitGroup group) {
        for (JobId id : jobs) {
            try {
                JobHead head = group.jobs().open(id);
                StagedMove move = head == null ? null : StagedMove.of(head, Guard.ANYONE, cancel, working.now());
                if (move != null) {
                    cancelled.read(move, group);
                }
            } catch (JournalUnavailableException e) {
                log.error("Job {} cannot be read and is not cancelled with its group: {}", id, e.getMessage());
            }
        }
        cancelled.stage();
    }

    @Override
    public void committed() {
        cancelled.all().forEach(move -> working.moved(move, null));
        sink.success();
    }

    @Override
    public void failed(Throwable error) {
        sink.error(error);
    }
}
