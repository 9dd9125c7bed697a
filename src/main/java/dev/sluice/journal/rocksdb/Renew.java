package dev.sluice.journal.rocksdb;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import reactor.core.publisher.MonoSink;

/** Extends leases. They are kept in memory only: when this process dies, its claims die with it. */
final class Renew implements Change {

    private final Collection<Job> claimed;
    private final Duration lease;
    private final WorkingSet working;
    private final MonoSink<List<JobId>> sink;
    private final List<JobId> lost = new ArrayList<>();

    Renew(Collection<Job> claimed, Duration lease, WorkingSet working, MonoSink<List<JobId>> sink) {
        this.claimed = claimed;
        this.lease = lease;
        this.working = working;
        this.sink = sink;
    }

    @Override
    public void stage(Batch batch) {}

    @Override
    public void committed() {
        for (Job job : claimed) {
            if (!working.renew(job, lease)) {
                lost.add(job.id());
            }
        }
        sink.success(lost);
    }

    @Override
    public void failed(Throwable error) {
        sink.error(error);
    }
}
