package dev.sluice.journal.rocksdb;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.Transition;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.rocksdb.RocksDBException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.MonoSink;

/** Fails jobs whose deadline has passed, a group of them, and goes on with the next group. */
final class Overdue implements Change {

    private static final Logger log = LoggerFactory.getLogger(Overdue.class);
    private static final int AT_ONCE = 256;

    private final WorkingSet working;
    private final Committer committer;
    private final MonoSink<Instant> sink;
    private final List<Moved> failed = new ArrayList<>();

    private record Moved(Entry before, Job.Step step) {}

    Overdue(WorkingSet working, Committer committer, MonoSink<Instant> sink) {
        this.working = working;
        this.committer = committer;
        this.sink = sink;
    }

    /**
     * Some of the jobs whose deadline has passed, but for those that an earlier change of this group touched: they are the
     * next group's.
     */
    static List<Entry> read(Batch batch, WorkingSet working, Instant now) {
        List<Entry> overdue = new ArrayList<>();
        List<JobId> unreadable = new ArrayList<>();
        for (JobId id : working.deadlines().passed(now, AT_ONCE, id -> !batch.touches(id))) {
            try {
                overdue.add(Objects.requireNonNull(batch.open(id), "an unfinished job is gone"));
            } catch (RocksDBException | RuntimeException e) {
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
        return overdue;
    }

    @Override
    public void stage(Batch batch) throws RocksDBException {
        Instant now = working.now();
        for (Entry entry : read(batch, working, now)) {
            Job.Step step = entry.job().apply(new Transition.MissDeadline(), now);
            batch.move(entry, entry.with(step.job()), step.event());
            failed.add(new Moved(entry, step));
        }
    }

    @Override
    public void committed() {
        for (Moved moved : failed) {
            working.moved(moved.before(), moved.step().job(), moved.step().event());
        }
        Instant next = working.deadlines().next();
        if (next.isAfter(working.now())) {
            sink.success(next);
        } else {
            committer.submit(new Overdue(working, committer, sink));
        }
    }

    @Override
    public void failed(Throwable error) {
        sink.error(error);
    }
}
