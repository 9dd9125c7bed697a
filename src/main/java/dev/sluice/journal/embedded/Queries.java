package dev.sluice.journal.embedded;

import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobRequest;
import dev.sluice.journal.Credentials;
import dev.sluice.journal.JobFilter;
import dev.sluice.journal.JobPage;
import dev.sluice.journal.JournalOverloadedException;
import dev.sluice.journal.Lookup;
import dev.sluice.journal.StoredRequest;
import dev.sluice.journal.core.BodyName;
import dev.sluice.journal.core.JobCodec;
import java.util.Arrays;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** The read side, on a bounded scheduler of its own: the only place where blocking reads are wrapped. */
final class Queries {

    private final Store main;
    private final Outputs outputs;
    private final StoredBodies bodies;
    private final StoredAnswers answers;
    private final Writer writer;
    private final WorkingSet working;
    private final Scheduler scheduler;
    private volatile boolean closed;

    Queries(Store main, Store bodies, Writer writer, WorkingSet working, Scheduler scheduler) {
        this.main = main;
        this.outputs = new Outputs(main);
        this.bodies = new StoredBodies(main, bodies, outputs, this);
        this.answers = new StoredAnswers(main, outputs, this.bodies, this);
        this.writer = writer;
        this.working = working;
        this.scheduler = scheduler;
    }

    void close() {
        closed = true;
    }

    Mono<Lookup> find(JobId id) {
        return read(() -> {
            Job open = open(id);
            if (open != null) {
                return new Lookup.Known(open, working.position(open));
            }
            byte[] done = isUnsettled(id) ? null : main.get(Table.DONE, Keys.job(id));
            if (done == null) {
                return null;
            }
            return done.length == 0
                    ? new Lookup.Expired()
                    : new Lookup.Known(JobHead.of(id, done).job(), 0);
        });
    }

    Mono<Boolean> holds(byte[] key) {
        return read(() -> {
            byte[] holder = main.get(Table.KEYS, key);
            if (holder == null) {
                return false;
            }
            JobId id = JobId.fromBytes(holder, 0);
            Job job = open(id) == null ? finished(id) : null;
            return job == null || !job.expired(working.erasable());
        });
    }

    Mono<StoredRequest> request(JobId id) {
        return read(() -> {
            byte[] value = main.get(Table.REQUESTS, Keys.job(id));
            if (value == null || (isUnsettled(id) && open(id) == null)) {
                return null;
            }
            JobCodec.RequestEntry stored = JobCodec.request(value);
            Flux<byte[]> body = bodies.received(BodyName.request(id), stored.body());
            return new StoredRequest(whole(id, stored.head()), stored.body().size(), body);
        });
    }

    /** Returns the reads of what backends answered. */
    StoredAnswers answers() {
        return answers;
    }

    Flux<JobEvent> history(JobId id, long after) {
        return read(() -> page(id, after))
                .expand(page -> page.more() ? read(() -> page(id, page.until())) : Mono.empty())
                .concatMapIterable(HistoryPage::events, 1);
    }

    Mono<JobPage> list(JobFilter filter, int limit, @Nullable JobId before) {
        return read(() -> {
            Listing listing = new Listing(filter, limit, before, working);
            try (Store.Cursor open = main.descending(Table.OPEN, listing.lowest(), listing.end());
                    Store.Cursor done = main.descending(Table.DONE, listing.lowest(), listing.end())) {
                merge(open, done, listing);
            }
            return listing.page();
        });
    }

    /** Whether the last group, which changed this job, is in doubt: then the job is returned as it was before. */
    boolean isUnsettled(JobId id) {
        CommitGroup unsettled = writer.unsettled();
        return unsettled != null && unsettled.touches(id);
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
        if (unsettled != null && unsettled.touches(id)) {
            return unsettled.before(id).orElse(null);
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

    /** Adds the credentials, unless they have been erased. */
    private JobRequest whole(JobId id, JobRequest head) {
        byte[] credentials = Credentials.areGone(head) ? main.get(Table.CREDENTIALS, Keys.job(id)) : null;
        return credentials == null ? head : Credentials.together(head, JobCodec.headers(credentials));
    }

    private static void merge(Store.Cursor open, Store.Cursor done, Listing listing) {
        while (open.isValid() || done.isValid()) {
            int order = !open.isValid() ? -1 : !done.isValid() ? 1 : Arrays.compareUnsigned(open.key(), done.key());
            Store.Cursor next = order > 0 ? open : done;
            if (!listing.take(next.key(), next.value())) {
                return;
            }
            if (order >= 0) {
                open.next();
            }
            if (order <= 0) {
                done.next();
            }
        }
    }

    private @Nullable HistoryPage page(JobId id, long after) {
        JobHead open = openHead(id);
        JobHead head = open == null ? finishedHead(id) : open;
        return head == null ? null : HistoryPage.read(main, outputs, head, after);
    }

    /** Runs a read on the scheduler. */
    <T> Mono<T> read(Supplier<@Nullable T> what) {
        return Mono.<T>fromSupplier(() -> {
                    if (closed) {
                        throw new IllegalStateException("the journal is closed");
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
