package dev.sluice.journal.embedded;

import dev.sluice.job.JobId;
import dev.sluice.job.Transition;
import dev.sluice.journal.core.Decision.Guard;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.MonoSink;

/** Fails a batch of jobs whose deadline has passed, then submits the next batch. */
final class OverdueChange implements Change {

    private static final Logger log = LoggerFactory.getLogger(OverdueChange.class);
    private static final int AT_ONCE = 256;

    private final WorkingSet working;
    private final Writer writer;
    private final MonoSink<Instant> sink;
    private final StagedMoves failed = new StagedMoves();

    OverdueChange(WorkingSet working, Writer writer, MonoSink<Instant> sink) {
        this.working = working;
        this.writer = writer;
        this.sink = sink;
    }

    /**
     * Reads a batch of jobs whose deadline has passed, except those touched by an earlier change of this group, which
     * are left to the next one.
     *
     * @param overdue takes their failures
     */
    static void read(StagedMoves overdue, CommitGroup group, WorkingSet working, Instant now) {
        List<JobId> unreadable = new ArrayList<>();
        for (JobId id :
                working.deadlines().passed(now, AT_ONCE, id -> !group.jobs().touches(id))) {
            try {
                JobHead head = Objects.requireNonNull(group.jobs().open(id), "an unfinished job is gone");
                overdue.read(
                        Objects.requireNonNull(
                                StagedMove.of(head, Guard.DEADLINE_PASSED, new Transition.MissDeadline(), now)),
                        group);
            } catch (RuntimeException e) {
                log.error(
                        "Job {} cannot be read and will not miss its deadline before a restart: {}",
                        id,
                        e.getMessage());
                unreadable.add(id);
            }
        }
        if (!unreadable.isEmpty()) {
            working.deadlines().drop(unreadable);
        }
    }

    @Override
    public void stage(CommitGroup group) {
        read(failed, group, working, working.now());
        failed.stage();
    }

    @Override
    public void committed() {
        failed.all().forEach(moved -> working.moved(moved, null));
        Instant next = working.deadlines().next();
        if (next.isAfter(working.now())) {
            sink.success(next);
        } else {
            writer.submit(new OverdueChange(working, writer, sink));
        }
    }

    @Override
    public void failed(Throwable error) {
        sink.error(error);
    }
}
