package dev.sluice.journal.embedded;

import dev.sluice.job.Group;
import dev.sluice.job.GroupEvent;
import dev.sluice.job.GroupId;
import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobResult;
import dev.sluice.job.JobState;
import dev.sluice.job.Output;
import dev.sluice.job.Transition;
import dev.sluice.journal.Answer;
import dev.sluice.journal.Appended;
import dev.sluice.journal.Backlog;
import dev.sluice.journal.Ending;
import dev.sluice.journal.FollowUps;
import dev.sluice.journal.GroupLookup;
import dev.sluice.journal.Health;
import dev.sluice.journal.IdempotencyKey;
import dev.sluice.journal.Interest;
import dev.sluice.journal.JobFilter;
import dev.sluice.journal.JobPage;
import dev.sluice.journal.Journal;
import dev.sluice.journal.Lookup;
import dev.sluice.journal.MemberPage;
import dev.sluice.journal.NewGroup;
import dev.sluice.journal.NewJob;
import dev.sluice.journal.ReceivedBody;
import dev.sluice.journal.StaleClaimException;
import dev.sluice.journal.StoredRequest;
import dev.sluice.journal.StoredResult;
import dev.sluice.journal.core.Body;
import dev.sluice.journal.core.BodyIntake;
import dev.sluice.journal.core.BodyName;
import dev.sluice.journal.core.Facts;
import dev.sluice.journal.core.Fingerprint;
import dev.sluice.journal.core.JournalClock;
import dev.sluice.journal.core.OutputIntake;
import dev.sluice.journal.core.ReceivedResponse;
import dev.sluice.journal.core.ReceivedStream;
import dev.sluice.journal.core.SharedUpdate;
import dev.sluice.journal.core.Tails;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** The journal on two stores. Changes are submitted to the {@link Writer} of each, reads to {@link Queries}. */
final class EmbeddedJournal implements Journal {

    private static final int READERS = 4;
    private static final int WAITING_READS = 20_000;
    private static final int HANDED_OVER = 256;

    private final Stores stores;
    private final Scheduler readers =
            Schedulers.newBoundedElastic(READERS, WAITING_READS, "sluice-journal-reader", 60, true);
    private final Scheduler listeners = Schedulers.newSingle("sluice-journal-tail", true);
    private final Scheduler sweeper = Schedulers.newBoundedElastic(1, 16, "sluice-journal-sweeper", 60, true);
    private final Tails tails;
    private final WorkingSet working;
    private final Writer writer;
    private final Writer bodyWriter;
    private final EmbeddedPieceStore bodies;
    private final BodyIntake intake;
    private final OutputIntake outputs = new OutputIntake();
    private final Queries queries;
    private final JobEraser eraser;
    private final EmbeddedGroups groups;
    private final Purge jobs;
    private final Purge tombstones;
    private final Facts facts;
    private final EmbeddedShared shared;
    private final byte[] secret;
    private final AtomicLong parts = new AtomicLong();
    private volatile boolean closed;

    /**
     * Opens the journal and loads the waiting jobs. Blocks. Takes ownership of the stores, even if it fails.
     *
     * @param leases the time in nanoseconds by which leases expire, see {@link dev.sluice.journal.core.LeaseTime}
     * @param followUps what ends cause
     * @throws dev.sluice.journal.JournalUnavailableException if it cannot be opened; the message says what to do
     */
    EmbeddedJournal(
            Stores stores, JournalClock clock, LongSupplier leases, FollowUps followUps, MeterRegistry registry) {
        EmbeddedJournalMeters meters = new EmbeddedJournalMeters(registry);
        EmbeddedJournalMeters.damage(registry, stores);
        this.stores = stores;
        tails = new Tails(stores.tailLag());
        working = new WorkingSet(clock, leases, tails, this::discard);
        writer = new Writer("sluice-journal-writer", 8 << 20, stores.main(), working, followUps, meters);
        bodyWriter = new Writer("sluice-journal-bodies", 512 << 10, stores.bodies(), working, FollowUps.NONE, meters);
        bodies = new EmbeddedPieceStore(bodyWriter);
        intake = new BodyIntake(bodies);
        facts = new EmbeddedFacts(stores.main(), writer);
        shared = new EmbeddedShared(stores.main());
        queries = new Queries(stores.main(), stores.bodies(), writer, working, readers);
        eraser = new JobEraser(working, writer, bodies);
        groups = new EmbeddedGroups(stores.main(), working, writer, queries, eraser, listeners);
        jobs = new Purge(Table.EXPIRY, stores.main(), queries, writer, eraser);
        tombstones = new Purge(Table.TOMBSTONES, stores.main(), queries, writer, eraser);
        try {
            new Recovery(stores.main(), stores.bodies(), working, followUps).run();
            shared.load();
            writer.start();
            bodyWriter.start();
            secret = facts.secret();
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    @Override
    public Mono<Appended> append(NewJob job, Flux<byte[]> body) {
        return Mono.create(sink -> {
            Fingerprint fingerprint = job.key() == null ? null : new Fingerprint(job.request());
            BodyName name = BodyName.request(job.id());
            intake.request(
                    name,
                    body,
                    fingerprint,
                    sink,
                    whole -> writer.submit(new AppendChange(job, whole, fingerprint, working, bodies, eraser, sink)));
        });
    }

    @Override
    public boolean hasRoom() {
        return stores.main().space() == Store.Space.NORMAL;
    }

    @Override
    public Mono<Boolean> holds(IdempotencyKey key) {
        return queries.holds(HexFormat.of().parseHex(key.hash()));
    }

    @Override
    public Mono<Claimed> claim(Map<String, Demand> demand, Duration lease) {
        return change(sink -> new ClaimChange(Map.copyOf(demand), lease, working, writer, sink));
    }

    @Override
    public Mono<Claimed> resume(Map<String, Integer> room, Duration lease) {
        return change(sink -> new ResumeChange(Map.copyOf(room), lease, working, writer, sink));
    }

    @Override
    public Mono<Completed> answered(Job claimed) {
        return queries.answers().answered(claimed);
    }

    @Override
    public Mono<List<JobId>> renew(Collection<Job> claimed, Duration lease) {
        return change(sink -> new RenewChange(List.copyOf(claimed), lease, working, sink));
    }

    @Override
    public Mono<Job> record(Job claimed, Transition move) {
        if (move instanceof Transition.Succeed || (move instanceof Transition.Fail fail && fail.result() != null)) {
            return Mono.error(new IllegalArgumentException("a move with a result is made by finish"));
        } else if (move instanceof Transition.Emit) {
            return Mono.error(new IllegalArgumentException("output is recorded by stream"));
        }
        return change(sink -> MoveChange.byHolder(claimed, move, working, sink));
    }

    @Override
    public Mono<ReceivedBody> receive(Job claimed, Flux<byte[]> body) {
        return Mono.create(sink -> {
            BodyName name = new BodyName(claimed.id(), parts.incrementAndGet());
            intake.response(
                    name, body, () -> working.holds(claimed), sink, whole -> received(claimed, name, whole, sink));
        });
    }

    @Override
    public Mono<ReceivedBody> stream(Job claimed, JobResult head, Flux<List<Output>> batches) {
        return Mono.defer(() -> {
            AtomicLong first = new AtomicLong();
            return outputs.receive(
                            claimed,
                            batches,
                            () -> working.holds(claimed),
                            batch -> this.<Long>change(
                                            sink -> new StreamChange(claimed, head, first.get(), batch, working, sink))
                                    .doOnNext(first::set))
                    .map(size -> streamed(claimed, head, first.get(), size));
        });
    }

    @Override
    public Mono<Job> finish(Job claimed, Ending ending, ReceivedBody body) {
        if (body instanceof ReceivedStream streamed) {
            return streamed.isOf(claimed)
                    ? change(sink -> MoveChange.ending(claimed, ending, streamed, working, sink))
                    : Mono.error(new StaleClaimException(claimed.id()));
        }
        ReceivedResponse received = (ReceivedResponse) body;
        if (!received.isOf(claimed)) {
            return Mono.error(new StaleClaimException(claimed.id()));
        }
        Runnable kept = () -> bodies.belongs(received.name(), received.body());
        return change(sink -> MoveChange.ending(claimed, ending, received, kept, working, sink));
    }

    @Override
    public Mono<Job> report(JobId id, Transition.Report report) {
        return change(sink -> MoveChange.byAnyone(id, report, working, sink));
    }

    @Override
    public Mono<Job> complete(JobId id, int attempt, JobResult head, Flux<byte[]> body) {
        Transition.Complete move = new Transition.Complete(attempt);
        return queries.find(id)
                .ofType(Lookup.Known.class)
                .doOnNext(known -> known.job().apply(move, working.now())) // refused before the body is read
                .flatMap(known -> Mono.create(sink -> {
                    BodyName name = new BodyName(id, parts.incrementAndGet());
                    intake.answer(name, body, sink, whole -> completed(move, head, name, whole, sink));
                }));
    }

    @Override
    public Mono<Job> hear(JobId id, int attempt) {
        return change(sink -> MoveChange.byAnyone(id, new Transition.Hear(attempt), working, sink));
    }

    @Override
    public Mono<Job> cancel(JobId id) {
        return change(sink -> MoveChange.byAnyone(id, new Transition.Cancel(), working, sink));
    }

    @Override
    public Mono<Job> cancelToForget(JobId id) {
        return change(sink -> MoveChange.byAnyone(id, new Transition.Cancel(true), working, sink));
    }

    @Override
    public Mono<Instant> failOverdue() {
        return change(sink -> new OverdueChange(working, writer, sink));
    }

    @Override
    public Mono<Lookup> find(JobId id) {
        return queries.find(id);
    }

    @Override
    public Mono<JobPage> list(JobFilter filter, int limit, @Nullable JobId before) {
        return queries.list(filter, limit, before);
    }

    @Override
    public Mono<StoredRequest> request(JobId id) {
        return queries.request(id);
    }

    @Override
    public Mono<StoredResult> result(JobId id) {
        return queries.answers().result(id);
    }

    @Override
    public Mono<Answer> answer(JobId id) {
        return queries.answers().answer(id);
    }

    @Override
    public Flux<JobEvent> history(JobId id, long after) {
        return queries.history(id, after);
    }

    @Override
    public Flux<JobEvent> tail(Interest interest) {
        // Off the writer's thread; an overflow error overtakes buffered events.
        Flux<JobEvent> told = tails.tail(interest).publishOn(listeners, false, HANDED_OVER);
        return Flux.defer(() -> closed ? Flux.error(closed()) : told);
    }

    @Override
    public Backlog backlog() {
        return working.index().backlog();
    }

    @Override
    public Flux<Long> purge(Duration kept) {
        return Flux.defer(() -> {
            Instant now = working.erasable();
            return jobs.until(now)
                    .concatWith(tombstones.until(now.minus(kept)))
                    .concatWith(groups.purge(now, now.minus(kept)).then(Mono.empty()))
                    .concatWith(sweep(now).then(Mono.empty()));
        });
    }

    @Override
    public Mono<Boolean> forget(JobId id) {
        return change(sink -> new EraseChange(id, eraser, sink));
    }

    @Override
    public Mono<Void> putShared(String name, byte[] value) {
        return change(sink -> shared.change(SharedUpdate.put(name, value), sink));
    }

    @Override
    public Mono<Void> removeShared(Collection<String> names) {
        return change(sink -> shared.change(SharedUpdate.remove(names), sink));
    }

    @Override
    public Map<String, byte[]> shared() {
        return shared.state().snapshot();
    }

    @Override
    public Flux<Map<String, byte[]>> sharedValues() {
        return shared.state().values(listeners);
    }

    @Override
    public Mono<Group> createGroup(NewGroup group) {
        return groups.createGroup(group);
    }

    @Override
    public Mono<GroupLookup> findGroup(GroupId id) {
        return groups.findGroup(id);
    }

    @Override
    public Mono<Group> closeGroup(GroupId id) {
        return groups.closeGroup(id);
    }

    @Override
    public Mono<Group> cancelGroup(GroupId id) {
        return groups.cancelGroup(id);
    }

    @Override
    public Mono<Boolean> eraseGroup(GroupId id) {
        return groups.eraseGroup(id);
    }

    @Override
    public Mono<MemberPage> members(GroupId id, @Nullable JobState state, int limit, long from) {
        return groups.members(id, state, limit, from);
    }

    @Override
    public Flux<GroupEvent> groupHistory(GroupId id, long after) {
        return groups.groupHistory(id, after);
    }

    @Override
    public Flux<Long> groupTail(GroupId id) {
        return groups.groupTail(id);
    }

    @Override
    public Mono<Void> tendGroups(Duration idle) {
        return groups.tendGroups(idle);
    }

    @Override
    public byte[] secret() {
        return secret.clone();
    }

    @Override
    public Health health() {
        if (closed) {
            return new Health(false, "closed");
        }
        Health bodiesHealth = bodyWriter.health();
        Health own = writer.health().up() && !bodiesHealth.up() ? bodiesHealth : writer.health();
        return own.up() ? stores.health(own) : own;
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        queries.close();
        intake.close();
        outputs.close();
        bodyWriter.close(); // first: bodies that are durable can still be accepted
        writer.close();
        release();
    }

    /** Returns the durable facts of this installation. */
    Facts facts() {
        return facts;
    }

    /** Returns the number of stored pieces of bodies, for tests. */
    long pieces() {
        long[] count = {0};
        for (Store store : List.of(stores.main(), stores.bodies())) {
            store.scan(Table.PIECES, CommitGroup.NOTHING, null, (key, value) -> ++count[0] > 0);
        }
        return count[0];
    }

    /** Returns the number of stored blocks of output, for tests. */
    long outputs() {
        long[] count = {0};
        stores.main().scan(Table.OUTPUTS, CommitGroup.NOTHING, null, (key, value) -> ++count[0] > 0);
        return count[0];
    }

    private void release() {
        tails.close();
        working.groups().tails().close();
        shared.state().close();
        listeners.disposeGracefully().subscribe(); // each listener still receives completion
        readers.dispose();
        sweeper.dispose();
        stores.close();
    }

    private void received(Job claimed, BodyName name, Body whole, MonoSink<ReceivedBody> sink) {
        ReceivedResponse received = new ReceivedResponse(name, claimed.fence(), whole);
        if (closed) {
            sink.error(closed());
        } else if (whole.pieces() == 0 || working.receive(claimed, name)) {
            sink.success(received);
        } else {
            bodies.discard(name, whole);
            sink.error(new StaleClaimException(claimed.id()));
        }
    }

    private void completed(Transition.Complete move, JobResult head, BodyName name, Body whole, MonoSink<Job> sink) {
        ReceivedResponse response = new ReceivedResponse(name, 0, whole);
        Runnable unused = () -> bodies.discard(name, whole);
        writer.submit(MoveChange.completing(move, head, response, unused, working, sink));
    }

    /** Returns what was streamed; a response without any piece is an ordinary one without a body. */
    private ReceivedBody streamed(Job claimed, JobResult head, long first, long size) {
        return first == 0
                ? new ReceivedResponse(
                        new BodyName(claimed.id(), parts.incrementAndGet()),
                        claimed.fence(),
                        new Body(0, 0, CommitGroup.NOTHING))
                : new ReceivedStream(claimed.id(), claimed.fence(), head, first, size);
    }

    private void discard(BodyName unused) {
        bodies.discard(unused);
    }

    private Mono<Void> sweep(Instant now) {
        return Mono.<Void>fromRunnable(() -> {
                    stores.main().sweep(now);
                    stores.bodies().sweep(now);
                })
                .subscribeOn(sweeper);
    }

    private static IllegalStateException closed() {
        return new IllegalStateException("the journal is closed");
    }

    private <T> Mono<T> change(Function<MonoSink<T>, Change> making) {
        return Mono.create(sink -> writer.submit(making.apply(sink)));
    }
}
