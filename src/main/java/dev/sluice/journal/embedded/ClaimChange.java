package dev.sluice.journal.embedded;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.Transition;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.WorkQueue.Claimed;
import dev.sluice.journal.WorkQueue.Demand;
import dev.sluice.journal.core.Decision.Guard;
import dev.sluice.journal.core.queue.DueIndex;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.MonoSink;

/**
 * Starts due jobs. Expired leases and deadlines are handled first: jobs whose lease expired are recorded as lost and
 * may then be due again; jobs whose deadline passed fail, so that none of them is started.
 */
final class ClaimChange implements Change {

    private static final Logger log = LoggerFactory.getLogger(ClaimChange.class);

    private final Map<String, Demand> demand;
    private final Duration lease;
    private final WorkingSet working;
    private final Writer writer;
    private final MonoSink<Claimed> sink;
    private final List<Job> taken = new ArrayList<>();
    private final StagedMoves started = new StagedMoves();
    private final StagedMoves ended = new StagedMoves();
    private boolean more;

    ClaimChange(Map<String, Demand> demand, Duration lease, WorkingSet working, Writer writer, MonoSink<Claimed> sink) {
        this.demand = demand;
        this.lease = lease;
        this.working = working;
        this.writer = writer;
        this.sink = sink;
    }

    @Override
    public void stage(CommitGroup group) {
        Instant now = working.now();
        Lapsed.read(ended, group, working, now);
        if (ended.isEmpty()) {
            demand.forEach((route, asked) -> take(route, asked, group, now));
        }
        ended.stage();
        started.stage();
    }

    @Override
    public void committed() {
        if (!ended.isEmpty()) {
            ended.all().forEach(moved -> working.moved(moved, null));
            writer.submit(new ClaimChange(
                    demand, lease, working, writer, sink)); // retried now that expired jobs are out of the way
            return;
        }
        List<Job> jobs = new ArrayList<>();
        for (StagedMove moved : started.all()) {
            working.claimed(moved, lease);
            jobs.add(moved.after().job());
        }
        sink.success(new Claimed(jobs, nextDue(), more));
    }

    @Override
    public void failed(Throwable error) {
        taken.forEach(job -> working.index().add(job, working.now().toEpochMilli()));
        sink.error(error);
    }

    /** Takes earlier changes of this group into account, which are not in the working set yet. */
    private void take(String route, Demand asked, CommitGroup group, Instant now) {
        int most = Math.min(asked.room(), asked.limit() - group.running(route));
        DueIndex.Taken due = working.index().take(route, asked, most, now.toEpochMilli());
        more |= due.more();
        for (JobId id : due.ids()) {
            try {
                JobHead head = group.open(id);
                Job waiting = CommitGroup.waiting(head);
                if (head != null && waiting != null) {
                    started.read(
                            Objects.requireNonNull(StagedMove.of(head, Guard.ANYONE, new Transition.Start(), now)),
                            group);
                    taken.add(waiting);
                } else if (head != null) {
                    group.before(id).ifPresent(before -> taken.add(before.job())); // cancelled in this group
                }
            } catch (JournalUnavailableException e) {
                log.error("Job {} cannot be read and will not be started before a restart: {}", id, e.getMessage());
            }
        }
    }

    private Instant nextDue() {
        Instant next = Instant.MAX;
        for (String route : demand.keySet()) {
            Instant due = working.index().nextDue(route);
            next = due.isBefore(next) ? due : next;
        }
        return next;
    }
}
