package dev.sluice.journal.rocksdb;

import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobRequest;
import dev.sluice.journal.Credentials;
import dev.sluice.journal.JobErasedException;
import dev.sluice.journal.JobFilter;
import dev.sluice.journal.JobPage;
import dev.sluice.journal.JournalOverloadedException;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.Lookup;
import dev.sluice.journal.StoredRequest;
import dev.sluice.journal.StoredResult;
import dev.sluice.journal.core.Body;
import dev.sluice.journal.core.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** Everything that only reads, on a bounded scheduler of its own: here alone the blocking reads are wrapped. */
final class Reader {

    private static final int PAGE = 128;
    private static final int PAGE_BYTES = 256 * 1024;

    private final Store store;
    private final WorkingSet working;
    private final Scheduler scheduler;
    private volatile boolean closed;

    Reader(Store store, WorkingSet working, Scheduler scheduler) {
        this.store = store;
        this.working = working;
        this.scheduler = scheduler;
    }

    void close() {
        closed = true;
    }

    Mono<Lookup> find(JobId id) {
        return read(() -> {
            Entry entry = open(id);
            if (entry != null) {
                return new Lookup.Known(entry.job(), working.position(entry.job()));
            }
            byte[] done = store.get(Table.DONE, Keys.job(id));
            if (done == null) {
                return null;
            }
            return done.length == 0
                    ? new Lookup.Expired()
                    : new Lookup.Known(Codec.entry(id, done).job(), 0);
        });
    }

    Mono<Boolean> holds(byte[] key) {
        return read(() -> {
            byte[] holder = store.get(Table.KEYS, key);
            if (holder == null) {
                return false;
            }
            JobId id = JobId.fromBytes(holder, 0);
            Job job = open(id) == null ? finished(id) : null;
            return job == null || !job.expired(working.now());
        });
    }

    Mono<StoredRequest> request(JobId id) {
        return read(() -> {
            byte[] value = store.get(Table.REQUESTS, Keys.job(id));
            if (value == null) {
                return null;
            }
            Codec.Stored<JobRequest> stored = Codec.request(value);
            Body body = stored.body();
            byte[] prefix = Keys.body(id, Keys.Part.REQUEST, 0);
            return new StoredRequest(whole(id, stored.head()), body.size(), body(prefix, body));
        });
    }

    /** With the credentials, as long as they are there. */
    private JobRequest whole(JobId id, JobRequest head) throws RocksDBException {
        byte[] credentials = Credentials.areGone(head) ? store.get(Table.CREDENTIALS, Keys.job(id)) : null;
        return credentials == null ? head : Credentials.together(head, Codec.fields(credentials));
    }

    Mono<StoredResult> result(JobId id) {
        return read(() -> {
            byte[] value = store.get(Table.RESULTS, Keys.job(id));
            if (value == null) {
                return null;
            }
            Codec.StoredAnswer stored = Codec.result(value);
            Body body = stored.body();
            byte[] prefix = Keys.body(id, Keys.Part.RESULT, stored.fence());
            return new StoredResult(
                    stored.head(),
                    body.size(),
                    from -> stored.even() ? evenBody(prefix, body, from) : Bytes.skip(body(prefix, body), from));
        });
    }

    Flux<JobEvent> history(JobId id, long after) {
        return read(() -> page(id, after))
                .expand(page -> page.more() ? read(() -> page(id, page.last())) : Mono.empty())
                .concatMapIterable(Page::events, 1);
    }

    Mono<JobPage> list(JobFilter filter, int limit, @Nullable JobId before) {
        return read(() -> {
            Listing listing = new Listing(filter, limit, before);
            store.scanBack(listing);
            return listing.page();
        });
    }

    /** Rows of a table ordered by time that are due until then, at most so many. */
    Mono<List<byte[]>> due(Table table, long millis, int most) {
        return read(() -> {
            List<byte[]> rows = new ArrayList<>();
            store.scan(table, Keys.number(0), Keys.number(Math.max(millis, 0) + 1), (key, value) -> {
                rows.add(key);
                return rows.size() < most;
            });
            return rows;
        });
    }

    private @Nullable Entry open(JobId id) throws RocksDBException {
        byte[] value = store.get(Table.OPEN, Keys.job(id));
        return value == null ? null : Codec.entry(id, value);
    }

    /** Some events of a job, and whether there may be more of them. */
    private record Page(List<JobEvent> events, boolean more) {
        long last() {
            return events.get(events.size() - 1).seq();
        }
    }

    private Page page(JobId id, long after) throws RocksDBException {
        List<JobEvent> events = new ArrayList<>();
        // Asked for first: what is finished in between then shows in the scan, and is read below.
        Entry open = open(id);
        Job finished = open == null ? finished(id) : null;
        Job job = open == null ? finished : open.job();
        if (job == null) {
            return new Page(events, false);
        }
        if (after < 1) {
            events.add(job.accepted());
        }
        byte[] from = Keys.event(id, Math.max(after, 1) + 1);
        boolean[] last = {false};
        long[] room = {PAGE, PAGE_BYTES};
        store.scan(Table.EVENTS, from, Keys.after(Keys.job(id)), (key, value) -> {
            JobEvent event = Codec.event(id, job.route(), Keys.seq(key), value);
            if (event == null) {
                last[0] = true;
            } else {
                events.add(event);
                room[0]--;
                room[1] -= value.length;
            }
            return event != null && room[0] > 0 && room[1] > 0;
        });
        Job end = finished == null && last[0] ? finished(id) : finished;
        if (end != null && last[0]) {
            events.add(new JobEvent.Finished(end));
        }
        return new Page(events, !last[0] && (room[0] <= 0 || room[1] <= 0));
    }

    private @Nullable Job finished(JobId id) throws RocksDBException {
        byte[] value = store.get(Table.DONE, Keys.job(id));
        return value == null || value.length == 0
                ? null
                : Codec.entry(id, value).job();
    }

    private Flux<byte[]> body(byte[] prefix, Body body) {
        if (body.pieces() == 0) {
            return body.size() == 0 ? Flux.empty() : Flux.just(body.inline());
        }
        return pieces(prefix, 0, body.pieces());
    }

    /** A body whose pieces are of one size, from a byte on. */
    private Flux<byte[]> evenBody(byte[] prefix, Body body, long from) {
        if (body.pieces() == 0) {
            return Bytes.skip(body(prefix, body), from);
        }
        int first = (int) (from / BodyReceiver.PIECE);
        return Bytes.skip(pieces(prefix, first, body.pieces() - first), from % BodyReceiver.PIECE);
    }

    private Flux<byte[]> pieces(byte[] prefix, int first, int count) {
        return Flux.range(first, count).concatMap(number -> read(() -> piece(prefix, number)), 1);
    }

    private byte[] piece(byte[] prefix, int number) throws RocksDBException {
        byte[] piece = store.get(Table.PIECES, Keys.piece(prefix, number));
        if (piece == null) {
            throw new JobErasedException();
        }
        return piece;
    }

    private <T> Mono<T> read(Callable<@Nullable T> what) {
        return Mono.<T>fromCallable(() -> {
                    if (closed) {
                        throw new IllegalStateException("the journal is closed");
                    }
                    return what.call();
                })
                .subscribeOn(scheduler)
                .onErrorMap(RocksDBException.class, e -> new JournalUnavailableException("cannot read", e))
                .onErrorMap(RejectedExecutionException.class, this::refused);
    }

    private RuntimeException refused(RejectedExecutionException error) {
        return closed ? new IllegalStateException("the journal is closed", error) : new JournalOverloadedException();
    }
}
