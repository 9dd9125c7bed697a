package dev.sluice.journal.embedded;

import dev.sluice.job.Job;
import dev.sluice.job.Transition;
import dev.sluice.journal.WorkQueue.Claimed;
import dev.sluice.journal.core.Decision.Guard;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import reactor.core.publisher.MonoSink;

/**
 * Takes jobs out of an index and claims them. Expired leases and deadlines come first: jobs whose lease expired are recorded as lost
 * and may then be due again; jobs whose deadline passed fail, so that none of them is claimed.
 */
abstract class ClaimingChange implements Change {

    final WorkingSet working;
    final Writer writer;

    private final Duration lease;
    private final MonoSink<Claimed> sink;
    private final List<Job> taken = new ArrayList<>();
    private final StagedMoves claimed = new StagedMoves();
    private final StagedMoves lapsed = new StagedMoves();

    ClaimingChange(Duration lease, WorkingSet working, Writer writer, MonoSink<Claimed> sink) {
        this.lease = lease;
        this.working = working;
        this.writer = writer;
        this.sink = sink;
    }

    /** Takes jobs out of the index and {@linkplain #read reads} those that are to be claimed. */
    abstract void take(CommitGroup group, Instant now);

    /** Returns this change anew. */
    abstract ClaimingChange again(Duration lease, Writer writer, MonoSink<Claimed> sink);

    abstract Claimed outcome(List<Job> jobs);

    /** Puts a job back into the index. */
    abstract void putBack(Job job);

    @Override
    public void stage(CommitGroup group) {
        Instant now = working.now();
        Lapsed.read(lapsed, group, working, now);
        if (lapsed.isEmpty()) {
            take(group, now);
        }
        lapsed.stage();
        claimed.stage();
    }

    /** Reads what the move takes by which a job is claimed. */
    final void read(JobHead head, Transition move, CommitGroup group, Instant now) {
        claimed.read(Objects.requireNonNull(StagedMove.of(head, Guard.ANYONE, move, now)), group);
    }

    /** Records a job, as it was before this group, that is put back if the group is not written. */
    final void taken(Job before) {
        taken.add(before);
    }

    @Override
    public void committed() {
        if (!lapsed.isEmpty()) {
            lapsed.all().forEach(moved -> working.moved(moved, null));
            writer.submit(again(lease, writer, sink)); // retried now that expired jobs are out of the way
            return;
        }
        List<Job> jobs = new ArrayList<>();
        for (StagedMove moved : claimed.all()) {
            working.claimed(moved, lease);
            jobs.add(moved.after().job());
        }
        sink.success(outcome(jobs));
    }

    @Override
    public void failed(Throwable error) {
        taken.forEach(this::putBack);
        sink.error(error);
    }

    /** Returns when the next delayed job of these routes becomes due. */
    static Instant earliest(Collection<String> routes, Function<String, Instant> nextDue) {
        return routes.stream().map(nextDue).min(Instant::compareTo).orElse(Instant.MAX);
    }
}
