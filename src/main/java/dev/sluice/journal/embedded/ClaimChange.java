package dev.sluice.journal.embedded;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.Transition;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.WorkQueue.Claimed;
import dev.sluice.journal.WorkQueue.Demand;
import dev.sluice.journal.core.queue.DueIndex;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.MonoSink;

/** Starts due jobs. */
final class ClaimChange extends ClaimingChange {

    private static final Logger log = LoggerFactory.getLogger(ClaimChange.class);

    private final Map<String, Demand> demand;
    private boolean more;

    ClaimChange(Map<String, Demand> demand, Duration lease, WorkingSet working, Writer writer, MonoSink<Claimed> sink) {
        super(lease, working, writer, sink);
        this.demand = demand;
    }

    @Override
    ClaimingChange again(Duration lease, Writer writer, MonoSink<Claimed> sink) {
        return new ClaimChange(demand, lease, working, writer, sink);
    }

    @Override
    void take(CommitGroup group, Instant now) {
        writer.looked();
        demand.forEach((route, asked) -> take(route, asked, group, now));
    }

    /** Takes earlier changes of this group into account, which are not in the working set yet. */
    private void take(String route, Demand asked, CommitGroup group, Instant now) {
        int most = Math.min(asked.room(), asked.limit() - group.jobs().running(route));
        DueIndex.Taken due = working.index().take(route, asked, most, now.toEpochMilli());
        more |= due.more();
        for (JobId id : due.ids()) {
            try {
                JobHead head = group.jobs().open(id);
                Job waiting = CommitGroup.waiting(head);
                if (head != null && waiting != null) {
                    read(head, new Transition.Start(), group, now);
                    taken(waiting);
                } else if (head != null) {
                    group.jobs().before(id).ifPresent(before -> taken(before.job())); // cancelled in this group
                }
            } catch (JournalUnavailableException e) {
                log.error("Job {} cannot be read and will not be started before a restart: {}", id, e.getMessage());
            }
        }
    }

    @Override
    Claimed outcome(List<Job> jobs) {
        return new Claimed(jobs, earliest(demand.keySet(), working.index()::nextDue), more);
    }

    @Override
    void putBack(Job job) {
        working.index().add(job, working.now().toEpochMilli());
    }
}
