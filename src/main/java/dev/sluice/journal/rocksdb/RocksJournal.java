package dev.sluice.journal.rocksdb;

import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobTokens;
import dev.sluice.job.Transition;
import dev.sluice.journal.Appended;
import dev.sluice.journal.Backlog;
import dev.sluice.journal.Ending;
import dev.sluice.journal.Health;
import dev.sluice.journal.IdempotencyKey;
import dev.sluice.journal.Interest;
import dev.sluice.journal.JobFilter;
import dev.sluice.journal.JobPage;
import dev.sluice.journal.Journal;
import dev.sluice.journal.Lookup;
import dev.sluice.journal.NewJob;
import dev.sluice.journal.ReceivedBody;
import dev.sluice.journal.StoredRequest;
import dev.sluice.journal.StoredResult;
import dev.sluice.journal.core.Body;
import dev.sluice.journal.core.Fingerprint;
import dev.sluice.journal.core.Tails;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** The journal in a directory of this machine. Changes go to the {@link Committer}, reads to the {@link Reader}. */
final class RocksJournal implements Journal {

    private static final int READERS = 4;
    private static final int WAITING_READS = 20_000;
    private static final int ERASED_AT_ONCE = 256;
    private static final int LAG = 16 * 1024;
    private static final int HANDED_OVER = 256;

    private static final byte[] SECRET = "secret".getBytes(StandardCharsets.US_ASCII);

    private final Store store;
    private final Scheduler readers =
            Schedulers.newBoundedElastic(READERS, WAITING_READS, "sluice-journal-reader", 60, true);
    private final Scheduler listeners = Schedulers.newSingle("sluice-journal-tail", true);
    private final Tails tails = new Tails(LAG);
    private final WorkingSet working;
    private final Committer committer;
    private final Reader reader;
    private final Sweeper sweeper;
    private final byte[] secret;
    private final Set<BodyReceiver> receiving = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /**
     * Opens the journal and reads what waits. Blocks.
     *
     * @throws dev.sluice.journal.JournalUnavailableException if it cannot be opened; the message says what to do
     */
    RocksJournal(Path path, Clock clock, MeterRegistry registry) {
        try {
            Files.createDirectories(path);
        } catch (IOException e) {
            throw Diagnosis.ofOpening(path, new RocksDBException(e.toString()));
        }
        store = new Store(path);
        working = new WorkingSet(clock, tails);
        committer = new Committer(store, working, new JournalMeters(registry));
        working.onUnused(
                claimed -> committer.submit(new Discard(Keys.body(claimed.id(), Keys.Part.RESULT, claimed.fence()))));
        reader = new Reader(store, working, readers);
        sweeper = new Sweeper(store);
        try {
            secret = secret(store);
            new Recovery(store, working).run();
        } catch (RocksDBException e) {
            store.close();
            throw Diagnosis.ofOpening(path, e);
        }
        committer.start();
    }

    @Override
    public Mono<Appended> append(NewJob job, Flux<byte[]> body) {
        return Mono.create(sink -> {
            Fingerprint fingerprint = job.key() == null ? null : new Fingerprint(job.request());
            Consumer<Body> whole =
                    received -> committer.submit(new Append(job, received, fingerprint, working, committer, sink));
            byte[] prefix = Keys.body(job.id(), Keys.Part.REQUEST, 0);
            receive(body, new BodyReceiver(committer, receiving, prefix, true, fingerprint, sink, whole));
        });
    }

    @Override
    public Mono<Boolean> holds(IdempotencyKey key) {
        return reader.holds(HexFormat.of().parseHex(key.hash()));
    }

    @Override
    public Mono<Claimed> claim(Map<String, Demand> demand, Duration lease) {
        return change(sink -> new Claim(Map.copyOf(demand), lease, working, committer, sink));
    }

    @Override
    public Mono<List<JobId>> renew(Collection<Job> claimed, Duration lease) {
        return change(sink -> new Renew(List.copyOf(claimed), lease, working, sink));
    }

    @Override
    public Mono<Job> record(Job claimed, Transition move) {
        if (move instanceof Transition.Succeed || (move instanceof Transition.Fail fail && fail.result() != null)) {
            return Mono.error(new IllegalArgumentException("a move with a result is made by finish"));
        }
        return change(sink -> Move.byHolder(claimed, move, null, working, sink));
    }

    @Override
    public Mono<ReceivedBody> receive(Job claimed, Flux<byte[]> body) {
        return Mono.create(sink -> {
            Consumer<Body> whole = received -> {
                if (closed) {
                    sink.error(closed());
                } else if (received.pieces() == 0) {
                    sink.success(received);
                } else {
                    committer.submit(new Received(claimed, received, working, committer, sink));
                }
            };
            byte[] prefix = Keys.body(claimed.id(), Keys.Part.RESULT, claimed.fence());
            receive(body, new BodyReceiver(committer, receiving, prefix, false, null, sink, whole));
        });
    }

    @Override
    public Mono<Job> finish(Job claimed, Ending ending, ReceivedBody body) {
        return change(sink -> Move.ending(claimed, ending, (Body) body, working, sink));
    }

    @Override
    public Mono<Job> report(JobId id, Transition.Report report) {
        return change(sink -> Move.byAnyone(id, report, working, sink));
    }

    @Override
    public Mono<Job> cancel(JobId id) {
        return change(sink -> Move.byAnyone(id, new Transition.Cancel(), working, sink));
    }

    @Override
    public Mono<Instant> failOverdue() {
        return change(sink -> new Overdue(working, committer, sink));
    }

    @Override
    public Mono<Lookup> find(JobId id) {
        return reader.find(id);
    }

    @Override
    public Mono<JobPage> list(JobFilter filter, int limit, @Nullable JobId before) {
        return reader.list(filter, limit, before);
    }

    @Override
    public Mono<StoredRequest> request(JobId id) {
        return reader.request(id);
    }

    @Override
    public Mono<StoredResult> result(JobId id) {
        return reader.result(id);
    }

    @Override
    public Flux<JobEvent> history(JobId id, long after) {
        return reader.history(id, after);
    }

    @Override
    public Flux<JobEvent> tail(Interest interest) {
        // Off the writer's thread; an overflow overtakes what is on its way.
        Flux<JobEvent> told = tails.tail(interest).publishOn(listeners, false, HANDED_OVER);
        return Flux.defer(() -> closed ? Flux.error(closed()) : told);
    }

    @Override
    public Backlog backlog() {
        return working.index().backlog();
    }

    @Override
    public Mono<Long> purge(Instant now, Duration tombstones) {
        Mono<Long> jobs = inSteps(
                Table.EXPIRY,
                now,
                rows -> this.<Integer>change(sink -> Erase.expired(rows, working, sink))
                        .doOnNext(erased -> sweeper.erased()));
        Mono<Long> graves =
                inSteps(Table.TOMBSTONES, now.minus(tombstones), rows -> change(sink -> new Bury(rows, sink)));
        return jobs.flatMap(erased -> graves.then(sweeper.sweep(now)).thenReturn(erased));
    }

    @Override
    public Mono<Boolean> forget(JobId id) {
        return this.<Integer>change(sink -> Erase.now(id, working, sink))
                .doOnNext(erased -> sweeper.erased())
                .map(erased -> erased > 0);
    }

    @Override
    public byte[] secret() {
        return secret.clone();
    }

    @Override
    public Health health() {
        return committer.health();
    }

    /** How many pieces of bodies are stored, for tests. */
    Mono<Integer> pieces() {
        return change(sink -> new Change() {
            private int count;

            @Override
            public void stage(Batch batch) throws RocksDBException {
                store.scan(Table.PIECES, new byte[0], null, (key, value) -> ++count > 0);
            }

            @Override
            public void committed() {
                sink.success(count);
            }

            @Override
            public void failed(Throwable error) {
                sink.error(error);
            }
        });
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        reader.close();
        receiving.forEach(body -> body.fail(closed()));
        committer.close();
        tails.close();
        listeners.disposeGracefully().subscribe(); // each listener still gets to hear the end
        readers.dispose();
        sweeper.close();
        store.close();
    }

    /** Erases row by row what is due, in groups that leave room for others between them. */
    private Mono<Long> inSteps(Table table, Instant until, Function<List<byte[]>, Mono<Integer>> erase) {
        Mono<Step> step = reader.due(table, until.toEpochMilli(), ERASED_AT_ONCE)
                .flatMap(rows -> rows.isEmpty()
                        ? Mono.just(new Step(0, 0))
                        : erase.apply(rows).map(erased -> new Step(rows.size(), erased)));
        return step.expand(last -> last.rows() < ERASED_AT_ONCE ? Mono.empty() : step)
                .reduce(0L, (sum, one) -> sum + one.erased());
    }

    /** One group: how many rows were due, and how many of them nobody else had erased meanwhile. */
    private record Step(int rows, int erased) {}

    private void receive(Flux<byte[]> body, BodyReceiver receiver) {
        body.subscribe(receiver);
        if (closed) {
            receiver.fail(closed());
        }
    }

    /** Not synced here: no job that it is used for is older, and the sync of the first one takes it along. */
    private static byte[] secret(Store store) throws RocksDBException {
        byte[] kept = store.get(Table.META, SECRET);
        if (kept != null) {
            return kept;
        }
        byte[] made = JobTokens.newSecret();
        store.put(Table.META, SECRET, made);
        return made;
    }

    private static IllegalStateException closed() {
        return new IllegalStateException("the journal is closed");
    }

    private <T> Mono<T> change(Function<MonoSink<T>, Change> making) {
        return Mono.create(sink -> committer.submit(making.apply(sink)));
    }
}
