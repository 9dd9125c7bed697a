package dev.sluice.journal.rocksdb;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.job.Transition;
import dev.sluice.journal.WorkQueue.Claimed;
import dev.sluice.journal.WorkQueue.Demand;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.rocksdb.RocksDBException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.MonoSink;

/**
 * Starts due jobs. What ran out first comes to its end: jobs whose lease did are recorded as lost and may then be among the
 * due ones, those whose deadline passed have failed, so that none of them is started.
 */
final class Claim implements Change {

    private static final Logger log = LoggerFactory.getLogger(Claim.class);

    private final Map<String, Demand> demand;
    private final Duration lease;
    private final WorkingSet working;
    private final Committer committer;
    private final MonoSink<Claimed> sink;
    private final List<Job> taken = new ArrayList<>();
    private final List<Moved> started = new ArrayList<>();
    private final List<Moved> ended = new ArrayList<>();

    private record Moved(Entry before, Entry after, Job.Step step) {}

    Claim(Map<String, Demand> demand, Duration lease, WorkingSet working, Committer committer, MonoSink<Claimed> sink) {
        this.demand = demand;
        this.lease = lease;
        this.working = working;
        this.committer = committer;
        this.sink = sink;
    }

    @Override
    public void stage(Batch batch) throws RocksDBException {
        Instant now = working.now();
        Set<JobId> overdue = new HashSet<>();
        for (Entry entry : Overdue.read(batch, working, now)) {
            overdue.add(entry.job().id());
            ended.add(moved(entry, new Transition.MissDeadline(), now));
        }
        for (Entry entry : working.expired(now)) {
            JobId id = entry.job().id();
            if (!batch.touches(id) && !overdue.contains(id)) {
                ended.add(moved(entry, new Transition.Lose(), now));
            }
        }
        if (ended.isEmpty()) {
            demand.forEach((route, asked) -> take(route, asked, batch, now));
        }
        for (Moved moved : ended) {
            batch.move(moved.before(), moved.after(), moved.step().event());
        }
        for (Moved moved : started) {
            batch.move(moved.before(), moved.after(), moved.step().event());
            if (moved.after().job().maxAttempts() == 1) {
                batch.sync(); // must not be tried again, not even after a power cut
            }
        }
    }

    @Override
    public void committed() {
        for (Moved moved : ended) {
            working.moved(moved.before(), moved.after().job(), moved.step().event());
        }
        if (!ended.isEmpty()) {
            committer.submit(new Claim(demand, lease, working, committer, sink)); // they wait for their turn again
            return;
        }
        List<Job> jobs = new ArrayList<>(started.size());
        for (Moved moved : started) {
            working.claimed(moved.after(), lease, moved.step().event());
            jobs.add(moved.after().job());
        }
        sink.success(new Claimed(jobs, nextDue()));
    }

    @Override
    public void failed(Throwable error) {
        taken.forEach(job -> working.index().add(job, working.now().toEpochMilli()));
        sink.error(error);
    }

    /** Earlier changes of this group count: neither their starts nor their ends are in the working set yet. */
    private void take(String route, Demand asked, Batch batch, Instant now) {
        int most = Math.min(asked.room(), asked.limit() - batch.running(route));
        for (JobId id : working.index().take(route, most, now.toEpochMilli())) {
            try {
                Entry entry = batch.open(id);
                if (entry != null && entry.job().state() == JobState.QUEUED) {
                    taken.add(entry.job());
                    started.add(moved(entry, new Transition.Start(), now));
                } else if (entry != null) {
                    batch.before(id).ifPresent(before -> taken.add(before.job())); // cancelled by this very group
                }
            } catch (RocksDBException e) {
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

    private static Moved moved(Entry before, Transition transition, Instant now) {
        Job.Step step = before.job().apply(transition, now);
        return new Moved(before, before.with(step.job()), step);
    }
}
