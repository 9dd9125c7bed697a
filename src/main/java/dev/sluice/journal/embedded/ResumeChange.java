package dev.sluice.journal.embedded;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.Transition;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.WorkQueue.Claimed;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.MonoSink;

/** Claims parked jobs that are to be checked on. */
final class ResumeChange extends ClaimingChange {

    private static final Logger log = LoggerFactory.getLogger(ResumeChange.class);

    private final Map<String, Integer> room;

    ResumeChange(Map<String, Integer> room, Duration lease, WorkingSet working, Writer writer, MonoSink<Claimed> sink) {
        super(lease, working, writer, sink);
        this.room = room;
    }

    @Override
    ClaimingChange again(Duration lease, Writer writer, MonoSink<Claimed> sink) {
        return new ResumeChange(room, lease, working, writer, sink);
    }

    @Override
    void take(CommitGroup group, Instant now) {
        room.forEach((route, most) -> take(route, most, group, now));
    }

    /** Takes earlier changes of this group into account, which put a job back into the index if it stays parked. */
    private void take(String route, int most, CommitGroup group, Instant now) {
        for (JobId id : working.parked().take(route, most, now)) {
            try {
                JobHead head = group.jobs().open(id);
                if (head != null && head.job().parked() && !head.job().dueAt().isAfter(now)) {
                    read(head, new Transition.Resume(), group, now);
                }
                JobHead before = group.jobs().before(id).orElse(head);
                if (before != null) {
                    taken(before.job());
                }
            } catch (JournalUnavailableException e) {
                log.error("Job {} cannot be read and will not be checked on before a restart: {}", id, e.getMessage());
            }
        }
    }

    @Override
    Claimed outcome(List<Job> jobs) {
        return new Claimed(jobs, earliest(room.keySet(), working.parked()::nextDue));
    }

    @Override
    void putBack(Job job) {
        working.parked().put(job);
    }
}
