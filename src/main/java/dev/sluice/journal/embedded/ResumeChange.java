package dev.sluice.journal.embedded;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.Transition;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.WorkQueue.Claimed;
import dev.sluice.journal.core.Decision.Guard;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.MonoSink;

/** Claims parked jobs that are to be checked on, after what {@link Lapsed} finds. */
final class ResumeChange implements Change {

    private static final Logger log = LoggerFactory.getLogger(ResumeChange.class);

    private final Map<String, Integer> room;
    private final Duration lease;
    private final WorkingSet working;
    private final Writer writer;
    private final MonoSink<Claimed> sink;
    private final List<Job> taken = new ArrayList<>();
    private final StagedMoves resumed = new StagedMoves();
    private final StagedMoves lapsed = new StagedMoves();

    ResumeChange(Map<String, Integer> room, Duration lease, WorkingSet working, Writer writer, MonoSink<Claimed> sink) {
        this.room = room;
        this.lease = lease;
        this.working = working;
        this.writer = writer;
        this.sink = sink;
    }

    @Override
    public void stage(CommitGroup group) {
        Instant now = working.now();
        Lapsed.read(lapsed, group, working, now);
        if (lapsed.isEmpty()) {
            room.forEach((route, most) -> take(route, most, group, now));
        }
        lapsed.stage();
        resumed.stage();
    }

    @Override
    public void committed() {
        if (!lapsed.isEmpty()) {
            lapsed.all().forEach(moved -> working.moved(moved, null));
            writer.submit(new ResumeChange(room, lease, working, writer, sink));
            return;
        }
        List<Job> jobs = new ArrayList<>();
        for (StagedMove moved : resumed.all()) {
            working.claimed(moved, lease);
            jobs.add(moved.after().job());
        }
        sink.success(new Claimed(jobs, nextDue()));
    }

    @Override
    public void failed(Throwable error) {
        taken.forEach(job -> working.parked().put(job));
        sink.error(error);
    }

    /** Takes earlier changes of this group into account, which put a job back into the index if it stays parked. */
    private void take(String route, int most, CommitGroup group, Instant now) {
        for (JobId id : working.parked().take(route, most, now)) {
            try {
                JobHead head = group.open(id);
                if (head != null && head.job().parked() && !head.job().dueAt().isAfter(now)) {
                    resumed.read(
                            Objects.requireNonNull(StagedMove.of(head, Guard.ANYONE, new Transition.Resume(), now)),
                            group);
                }
                JobHead before = group.before(id).orElse(head);
                if (before != null) {
                    taken.add(before.job());
                }
            } catch (JournalUnavailableException e) {
                log.error("Job {} cannot be read and will not be checked on before a restart: {}", id, e.getMessage());
            }
        }
    }

    private Instant nextDue() {
        Instant next = Instant.MAX;
        for (String route : room.keySet()) {
            Instant due = working.parked().nextDue(route);
            next = due.isBefore(next) ? due : next;
        }
        return next;
    }
}
