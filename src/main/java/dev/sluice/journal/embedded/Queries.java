package dev.sluice.journal.embedded;

import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobRequest;
import dev.sluice.job.ResultInfo;
import dev.sluice.journal.Answer;
import dev.sluice.journal.Credentials;
import dev.sluice.journal.JobErasedException;
import dev.sluice.journal.JobFilter;
import dev.sluice.journal.JobPage;
import dev.sluice.journal.JournalOverloadedException;
import dev.sluice.journal.Lookup;
import dev.sluice.journal.StoredRequest;
import dev.sluice.journal.StoredResult;
import dev.sluice.journal.WorkQueue;
import dev.sluice.journal.core.Body;
import dev.sluice.journal.core.BodyIntake;
import dev.sluice.journal.core.BodyName;
import dev.sluice.journal.core.Bytes;
import dev.sluice.journal.core.JobCodec;
import dev.sluice.journal.core.ReceivedResponse;
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
    private final Store bodies;
    private final Outputs outputs;
    private final Writer writer;
    private final WorkingSet working;
    private final Scheduler scheduler;
    private volatile boolean closed;

    Queries(Store main, Store bodies, Writer writer, WorkingSet working, Scheduler scheduler) {
        this.main = main;
        this.bodies = bodies;
        this.outputs = new Outputs(main);
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
            Flux<byte[]> body = body(BodyName.request(id), stored.body());
            return new StoredRequest(whole(id, stored.head()), stored.body().size(), body);
        });
    }

    Mono<StoredResult> result(JobId id) {
        return read(() -> {
            byte[] value = main.get(Table.RESULTS, Keys.job(id));
            if (value == null || isUnsettled(id) || open(id) != null) { // of an open job it is to be decided on
                return null;
            }
            JobCodec.ResultEntry stored = JobCodec.result(value);
            return stored.isStreamed() ? streamed(id, stored) : received(id, stored);
        });
    }

    /** Returns the answer that a claimed job is to be decided by. */
    Mono<WorkQueue.Completed> answered(Job claimed) {
        return read(() -> {
            Job job = open(claimed.id());
            byte[] value = main.get(Table.RESULTS, Keys.job(claimed.id()));
            if (job == null || value == null || !JobHead.isAnswered(job) || job.fence() != claimed.fence()) {
                return null;
            }
            JobCodec.ResultEntry stored = JobCodec.result(value);
            BodyName name = new BodyName(job.id(), stored.part());
            return new WorkQueue.Completed(stored.head(), new ReceivedResponse(name, job.fence(), stored.body()));
        });
    }

    private StoredResult received(JobId id, JobCodec.ResultEntry stored) {
        Body body = stored.body();
        BodyName name = new BodyName(id, stored.part());
        return new StoredResult(
                stored.head(),
                body.size(),
                from -> stored.even() ? evenBody(name, body, from) : Bytes.skip(body(name, body), from));
    }

    /** Returns a streamed response if it has become the result of its job. */
    private @Nullable StoredResult streamed(JobId id, JobCodec.ResultEntry stored) {
        JobHead done = finishedHead(id);
        ResultInfo info = done == null ? null : done.job().result();
        if (done == null || info == null || done.events().stream() != stored.first()) {
            return null;
        }
        long last = done.job().lastSeq();
        return new StoredResult(
                stored.head(), info.size(), from -> streamedBody(id, stored.first(), last, from, info.size()));
    }

    Mono<Answer> answer(JobId id) {
        return read(() -> openHead(id))
                .flatMap(open -> read(() -> begun(open)))
                .switchIfEmpty(result(id).flatMap(result -> read(() -> ended(id, result))));
    }

    /** Returns what is stored of a response that is being streamed. */
    private @Nullable Answer begun(JobHead open) {
        JobId id = open.job().id();
        long first = open.events().stream();
        byte[] value = first == 0 ? null : main.get(Table.RESULTS, Keys.job(id));
        JobCodec.ResultEntry stored = value == null ? null : JobCodec.result(value);
        if (stored == null || stored.first() != first) {
            return null; // none, or it has ended meanwhile
        }
        long size = outputs.size(open);
        long last = open.job().lastSeq();
        return new Answer(
                stored.head(),
                open.job().attempt(),
                size,
                false,
                from -> from >= size ? Flux.empty() : streamedBody(id, first, last, from, size));
    }

    private @Nullable Answer ended(JobId id, StoredResult result) {
        Job job = finished(id);
        return job == null ? null : new Answer(result.head(), job.attempt(), result.size(), true, result::body);
    }

    /** Reads the body of a streamed response from an offset on, which is less than its size. */
    private Flux<byte[]> streamedBody(JobId id, long first, long last, long from, long size) {
        return read(() -> outputs.part(id, outputs.find(id, first, last, from), from, size))
                .expand(part ->
                        part.end() < size ? read(() -> outputs.part(id, part.next(), part.end(), size)) : Mono.empty())
                .map(Outputs.Part::bytes);
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
    private boolean isUnsettled(JobId id) {
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

    private @Nullable Job finished(JobId id) {
        JobHead head = finishedHead(id);
        return head == null ? null : head.job();
    }

    private @Nullable JobHead openHead(JobId id) {
        CommitGroup unsettled = writer.unsettled();
        if (unsettled != null && unsettled.touches(id)) {
            return unsettled.before(id).orElse(null);
        }
        JobHead running = working.running(id);
        byte[] value = running == null ? main.get(Table.OPEN, Keys.job(id)) : null;
        return value == null ? running : JobHead.of(id, value);
    }

    private @Nullable JobHead finishedHead(JobId id) {
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

    private Flux<byte[]> body(BodyName name, Body body) {
        if (body.pieces() == 0) {
            return body.size() == 0 ? Flux.empty() : Flux.just(body.inline());
        }
        return pieces(name, 0, body.pieces());
    }

    /** Reads a body with pieces of equal size from an offset on. */
    private Flux<byte[]> evenBody(BodyName name, Body body, long from) {
        if (body.pieces() == 0) {
            return Bytes.skip(body(name, body), from);
        }
        int first = (int) (from / BodyIntake.PIECE);
        return Bytes.skip(pieces(name, first, body.pieces() - first), from % BodyIntake.PIECE);
    }

    private Flux<byte[]> pieces(BodyName name, int first, int count) {
        byte[] prefix = Keys.body(name);
        return Flux.range(first, count).concatMap(number -> read(() -> piece(Keys.piece(prefix, number))), 1);
    }

    private byte[] piece(byte[] key) {
        byte[] piece = bodies.get(Table.PIECES, key);
        if (piece == null) {
            piece = main.get(Table.PIECES, key); // where earlier versions wrote them
        }
        if (piece == null) {
            throw new JobErasedException();
        }
        return piece;
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
