package dev.sluice.journal.embedded;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.journal.JournalOverloadedException;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Reads of job heads, and the bounded scheduler on which everything is read: the only place where blocking reads are wrapped.
 */
final class Queries {

    private final Store main;
    private final Writer writer;
    private final WorkingSet working;
    private final Scheduler scheduler;
    private volatile boolean closed;

    Queries(Store main, Writer writer, WorkingSet working, Scheduler scheduler) {
        this.main = main;
        this.writer = writer;
        this.working = working;
        this.scheduler = scheduler;
    }

    void close() {
        closed = true;
    }

    boolean isClosed() {
        return closed;
    }

    static IllegalStateException closedError() {
        return new IllegalStateException("the journal is closed");
    }

    /** Whether the last group, which changed this job, is in doubt: then the job is returned as it was before. */
    boolean isUnsettled(JobId id) {
        CommitGroup unsettled = writer.unsettled();
        return unsettled != null && unsettled.jobs().touches(id);
    }

    private @Nullable Job open(JobId id) {
        JobHead head = openHead(id);
        return head == null ? null : head.job();
    }

    /** Returns a job that is not erased, finished or not. */
    @Nullable
    Job job(JobId id) {
        Job open = open(id);
        return open == null ? finished(id) : open;
    }

    @Nullable
    Job finished(JobId id) {
        JobHead head = finishedHead(id);
        return head == null ? null : head.job();
    }

    @Nullable
    JobHead openHead(JobId id) {
        CommitGroup unsettled = writer.unsettled();
        if (unsettled != null && unsettled.jobs().touches(id)) {
            return unsettled.jobs().before(id).orElse(null);
        }
        JobHead running = working.running(id);
        byte[] value = running == null ? main.get(Table.OPEN, Keys.job(id)) : null;
        return value == null ? running : JobHead.of(id, value);
    }

    @Nullable
    JobHead finishedHead(JobId id) {
        byte[] value = isUnsettled(id) ? null : main.get(Table.DONE, Keys.job(id));
        return value == null || value.length == 0 ? null : JobHead.of(id, value);
    }

    /** Runs a read on the scheduler. */
    <T> Mono<T> read(Supplier<@Nullable T> what) {
        return Mono.<T>fromSupplier(() -> {
                    if (closed) {
                        throw closedError();
                    }
                    return what.get();
                })
                .subscribeOn(scheduler)
                .onErrorMap(RejectedExecutionException.class, this::refused);
    }

    private RuntimeException refused(RejectedExecutionException error) {
        return closed ? new IllegalStateException("the journal is closed", error) : new JournalOverloadedException();
    }
}
