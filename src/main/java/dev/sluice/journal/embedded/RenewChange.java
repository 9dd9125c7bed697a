package dev.sluice.journal.embedded;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.MonoSink;

/**
 * Extends leases, which are kept in memory only: claims end with this process, and a full disk does not prevent
 * renewals.
 */
final class RenewChange implements Change {

    private final Collection<Job> claimed;
    private final Duration lease;
    private final WorkingSet working;
    private final MonoSink<List<JobId>> sink;
    private @Nullable List<JobId> lost;

    RenewChange(Collection<Job> claimed, Duration lease, WorkingSet working, MonoSink<List<JobId>> sink) {
        this.claimed = claimed;
        this.lease = lease;
        this.working = working;
        this.sink = sink;
    }

    /** Renews when staged, so that a claim of the same group does not find a renewed lease expired. */
    @Override
    public void stage(CommitGroup group) {
        lost = renew();
    }

    @Override
    public void committed() {
        sink.success(lost == null ? renew() : lost);
    }

    @Override
    public void failed(Throwable error) {
        sink.error(error);
    }

    @Override
    public boolean writes() {
        return false;
    }

    private List<JobId> renew() {
        return claimed.stream()
                .filter(job -> !working.renew(job, lease))
                .map(Job::id)
                .toList();
    }
}
