package dev.sluice.journal.postgres;

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
import dev.sluice.journal.JournalProperties;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.Lookup;
import dev.sluice.journal.MemberPage;
import dev.sluice.journal.NewGroup;
import dev.sluice.journal.NewJob;
import dev.sluice.journal.ReceivedBody;
import dev.sluice.journal.StaleClaimException;
import dev.sluice.journal.StoredRequest;
import dev.sluice.journal.StoredResult;
import dev.sluice.journal.core.BodyIntake;
import dev.sluice.journal.core.BodyName;
import dev.sluice.journal.core.Decision.Guard;
import dev.sluice.journal.core.Facts;
import dev.sluice.journal.core.Fingerprint;
import dev.sluice.journal.core.GroupCommitter;
import dev.sluice.journal.core.ReceivedResponse;
import dev.sluice.journal.core.ReceivedStream;
import dev.sluice.journal.core.SharedUpdate;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The journal in PostgreSQL. Its methods run on threads of its own, which block on the database so that callers need
 * not.
 */
final class PostgresJournal implements Journal {

    private static final Logger log = LoggerFactory.getLogger(PostgresJournal.class);

    /** The concurrent groups of each kind, and the members of a group. */
    private static final int LANES = 2;

    private static final int MOST = 256;
    private static final long GROUP_WEIGHT = 1 << 20;

    /** The most tasks waiting for a thread. */
    private static final int WAITING = 10_000;

    private final Scheduler listeners = Schedulers.newSingle("sluice-journal-tail", true);
    private final DatabaseClock clock = new DatabaseClock();
    private final SharedBacklog backlog = new SharedBacklog();
    private final ClaimedRequests requests = new ClaimedRequests();
    private final Running running = new Running(requests);
    private final Database database;
    private final Workers workers;
    private final Workers bodies;
    private final Reads reads;
    private final ErasureSteps erasure;
    private final PostgresPieceStore pieces;
    private final BodyIntake intake;
    private final Hints hints;
    private final Feed feed;
    private final GroupFeed groupFeed;
    private final GroupStore groupStore;
    private final GroupReads groupReads;
    private final GroupSteps groupSteps;
    private final Claims claims;
    private final Resumes resumes;
    private final Streams streams;
    private final TimeLimits timeLimits;
    private final Withdrawals withdrawals;
    private final Presence presence;
    private final Upkeep upkeep;
    private final Lanes<PendingAppend> appends;
    private final Lanes<PendingMove> moves;
    private final GroupCommitter<Finds.Find> finds;
    private final PostgresShared shared;
    private final GroupCommitter<PostgresShared.Update> sharedUpdates;
    private final Facts facts;
    private final byte[] secret;
    private final AtomicBoolean closed = new AtomicBoolean();

    /**
     * Migrates the schema and joins the other nodes. Blocks.
     *
     * @param name the display name of this node
     * @param followUps what ends cause
     * @throws JournalUnavailableException if that cannot be done; the message says what to do
     */
    PostgresJournal(JournalProperties.Postgres properties, String name, FollowUps followUps, MeterRegistry registry) {
        Servers servers = new Servers(properties);
        Migration.run(servers);
        PostgresJournalMeters meters = new PostgresJournalMeters(registry);
        UUID node = UUID.randomUUID();
        int connections = properties.connections();
        database = new Database(servers, connections, meters);
        workers = new Workers("sluice-journal", connections, WAITING, properties.timeout());
        bodies = new Workers("sluice-journal-bodies", connections / 2, WAITING, properties.timeout());
        facts = new PostgresFacts(database);
        PieceSweep sweep = new PieceSweep(database);
        Positions positions = new Positions(database, backlog);
        reads = new Reads(database, workers, bodies, requests);
        pieces = new PostgresPieceStore(database, sweep, bodies, node);
        intake = new BodyIntake(pieces);
        hints = new Hints(database, servers, backlog, properties.schema(), node.toString(), new Hinted());
        shared = new PostgresShared(database, workers, hints::wroteShared);
        sharedUpdates = committer(new Retrying<>("shared", shared, database, meters), "shared", 1);
        feed = new Feed(reads, hints, meters, workers, listeners);
        groupFeed = new GroupFeed(database, hints, workers, listeners);
        presence = new Presence(database, clock, backlog, node, name);
        Causes causes = new Causes(followUps, presence::areCredentialsApart, backlog, feed);
        groupStore = new GroupStore(database, causes, groupFeed);
        groupReads = new GroupReads(database, workers, groupStore);
        groupSteps = new GroupSteps(database, workers, groupStore, sweep, this::notice);
        erasure = new ErasureSteps(database, sweep, groupStore);
        withdrawals = new Withdrawals(database, causes, sweep, groupFeed);
        Appends accepting = new Appends(database, backlog, feed, positions, withdrawals, groupFeed);
        EndWriter endings = new EndWriter(database, causes);
        Moves moving = new Moves(database, clock, endings, running, backlog, feed, groupFeed, meters);
        Retrying<PendingAppend> append = new Retrying<>("append", accepting, database, meters);
        appends = new Lanes<>(PendingAppend::isOfGroup, LANES, (of, lanes) -> committer(append, "appends" + of, lanes));
        Retrying<PendingMove> move = new Retrying<>("move", moving, database, meters);
        moves = new Lanes<>(PendingMove::isOfGroup, LANES, (of, lanes) -> committer(move, "moves" + of, lanes));
        finds = committer(new Retrying<>("find", new Finds(database, positions), database, meters), "finds", LANES);
        Expiry expiry = new Expiry();
        timeLimits = new TimeLimits(database, running, expiry, this::notice);
        claims = new Claims(database, running, requests, backlog, feed, groupFeed, withdrawals, timeLimits, expiry);
        streams = new Streams(running, moves::submit);
        resumes = new Resumes(database, running, timeLimits, expiry);
        upkeep = new Upkeep(
                database,
                presence,
                backlog,
                timeLimits,
                feed,
                groupFeed,
                shared,
                pieces,
                sweep,
                running,
                withdrawals,
                node);
        try {
            secret = facts.secret();
            upkeep.begin();
        } catch (RuntimeException e) {
            release();
            throw e instanceof JournalUnavailableException ? e : new JournalUnavailableException(Faults.words(e), e);
        }
        appends.start();
        moves.start();
        finds.start();
        sharedUpdates.start();
        hints.start();
    }

    private static <M extends GroupCommitter.Member> GroupCommitter<M> committer(
            Retrying<M> carrier, String name, int lanes) {
        return new GroupCommitter<>("sluice-journal-" + name, lanes, MOST, GROUP_WEIGHT, carrier);
    }

    private final class Hinted implements Hints.Listener {
        @Override
        public void hinted(JobId id, long first, long last) {
            feed.hinted(id, first, last);
        }

        @Override
        public void hintedOf(Collection<GroupId> groups) {
            groupFeed.hinted(groups);
        }

        @Override
        public void sharedValuesChanged() {
            shared.hinted();
        }

        @Override
        public void mayHaveMissed() {
            shared.hinted();
            feed.look();
            groupFeed.look();
        }
    }

    /** Returns the durable facts of this installation. */
    Facts facts() {
        return facts;
    }

    /** Returns the clock of the journal. */
    Clock clock() {
        return clock;
    }

    @Override
    public Mono<Appended> append(NewJob job, Flux<byte[]> body) {
        BodyName name = BodyName.request(job.id());
        return Mono.<Appended>create(sink -> {
                    Fingerprint fingerprint = job.key() == null ? null : new Fingerprint(job.request());
                    intake.request(
                            name,
                            body,
                            fingerprint,
                            sink,
                            whole -> appends.submit(new PendingAppend(
                                    job,
                                    whole,
                                    fingerprint,
                                    presence.areCredentialsApart(),
                                    () -> pieces.discard(name),
                                    sink)));
                })
                .doFinally(end -> pieces.decided(name));
    }

    @Override
    public Mono<Boolean> holds(IdempotencyKey key) {
        return run(() -> reads.holds(key));
    }

    @Override
    public Mono<Claimed> claim(Map<String, Demand> demand, Duration lease) {
        return run(() -> claims.claim(demand, lease));
    }

    @Override
    public Mono<Claimed> resume(Map<String, Integer> room, Duration lease) {
        return run(() -> resumes.resume(room, lease));
    }

    @Override
    public Mono<Completed> answered(Job claimed) {
        return run(() -> reads.answered(claimed));
    }

    @Override
    public Mono<List<JobId>> renew(Collection<Job> claimed, Duration lease) {
        return Mono.defer(() -> {
            // Begun before a worker is free, so that a job finished meanwhile is not reported as lost.
            Runnable end = running.renewal();
            return Flux.fromIterable(TimeLimits.parts(claimed))
                    .flatMap(
                            part -> this.<List<JobId>>run(() -> timeLimits.renew(part, lease)),
                            TimeLimits.RENEWALS_AT_ONCE)
                    .<List<JobId>>collect(ArrayList::new, List::addAll)
                    .doOnTerminate(end)
                    .doOnCancel(end);
        });
    }

    @Override
    public Mono<Job> record(Job claimed, Transition move) {
        if (move instanceof Transition.Succeed || (move instanceof Transition.Fail fail && fail.result() != null)) {
            return Mono.error(new IllegalArgumentException("a move with a result is made by finish"));
        } else if (move instanceof Transition.Emit) {
            return Mono.error(new IllegalArgumentException("output is recorded by stream"));
        }
        return move(claimed, move);
    }

    /** As {@link #record}, also of a single piece of output, as earlier versions store it. */
    Mono<Job> move(Job claimed, Transition move) {
        return Mono.create(sink -> {
            if (move instanceof Transition.Await && !presence.isParkingKnown()) {
                sink.error(cannotPark());
            } else {
                moves.submit(PendingMove.byHolder(claimed, move, sink));
            }
        });
    }

    @Override
    public Mono<ReceivedBody> receive(Job claimed, Flux<byte[]> body) {
        return Mono.create(sink -> {
            BodyName name = pieces.response(claimed);
            intake.response(
                    name,
                    body,
                    () -> running.holds(claimed),
                    sink,
                    whole -> sink.success(new ReceivedResponse(name, claimed.fence(), whole)));
        });
    }

    @Override
    public Mono<ReceivedBody> stream(Job claimed, JobResult head, Flux<List<Output>> batches) {
        return Mono.defer(() -> presence.isOutputKnown()
                ? streams.receive(claimed, head, batches)
                : receive(claimed, streams.asBefore(claimed, batches)));
    }

    @Override
    public Mono<Job> finish(Job claimed, Ending ending, ReceivedBody body) {
        if (body instanceof ReceivedStream streamed) {
            return streamed.isOf(claimed)
                    ? Mono.create(sink -> moves.submit(PendingMove.ending(claimed, ending, streamed, sink)))
                    : Mono.error(new StaleClaimException(claimed.id()));
        }
        ReceivedResponse received = (ReceivedResponse) body;
        if (!received.isOf(claimed)) {
            return Mono.error(new StaleClaimException(claimed.id()));
        }
        BodyName name = received.name();
        boolean pieced = received.body().pieces() > 0;
        Runnable discard = pieced ? () -> pieces.discard(name) : () -> {};
        Runnable belongs = pieced ? () -> pieces.belongs(name) : () -> {};
        return Mono.<Job>create(sink -> moves.submit(PendingMove.ending(claimed, ending, received, discard, sink)))
                .doOnSuccess(job -> belongs.run());
    }

    @Override
    public Mono<Job> report(JobId id, Transition.Report report) {
        return Mono.create(sink -> moves.submit(PendingMove.byAnyone(id, report, sink)));
    }

    @Override
    public Mono<Job> complete(JobId id, int attempt, JobResult head, Flux<byte[]> body) {
        Transition.Complete move = new Transition.Complete(attempt);
        return find(id).ofType(Lookup.Known.class).map(Lookup.Known::job).flatMap(job -> {
            job.apply(move, clock.instant()); // refused before the body is read
            return presence.isParkingKnown() ? complete(job, move, head, body) : Mono.error(cannotPark());
        });
    }

    private Mono<Job> complete(Job job, Transition.Complete move, JobResult head, Flux<byte[]> body) {
        BodyName name = pieces.answer(job);
        Runnable discard = () -> pieces.discard(name);
        return Mono.<Job>create(sink -> intake.answer(
                        name,
                        body,
                        sink,
                        whole -> moves.submit(PendingMove.completing(
                                move,
                                head,
                                new ReceivedResponse(name, job.fence(), whole),
                                whole.pieces() > 0 ? discard : () -> {},
                                sink))))
                .doFinally(end -> pieces.decided(name));
    }

    private static JournalUnavailableException cannotPark() {
        return new JournalUnavailableException(
                "nodes of an earlier version share the journal; until they are replaced no job waits for a backend that took"
                        + " its work over",
                null);
    }

    @Override
    public Mono<Job> hear(JobId id, int attempt) {
        return Mono.create(sink -> moves.submit(PendingMove.byAnyone(id, new Transition.Hear(attempt), sink)));
    }

    @Override
    public Mono<Job> cancel(JobId id) {
        return Mono.create(sink -> moves.submit(PendingMove.byAnyone(id, new Transition.Cancel(), sink)));
    }

    @Override
    public Mono<Job> cancelToForget(JobId id) {
        return Mono.create(sink -> moves.submit(PendingMove.byAnyone(id, new Transition.Cancel(true), sink)));
    }

    private Mono<Job> notice(JobId id, Guard guard, Transition transition) {
        return Mono.create(sink -> moves.submit(PendingMove.noticed(id, guard, transition, sink)));
    }

    @Override
    public Mono<Instant> failOverdue() {
        return run(timeLimits::failOverdue);
    }

    @Override
    public Mono<Lookup> find(JobId id) {
        return Mono.create(sink -> finds.submit(new Finds.Find(id, sink)));
    }

    @Override
    public Mono<JobPage> list(JobFilter filter, int limit, @Nullable JobId before) {
        return run(() -> reads.list(filter, limit, before));
    }

    @Override
    public Mono<StoredRequest> request(JobId id) {
        return run(() -> reads.request(id));
    }

    @Override
    public Mono<StoredResult> result(JobId id) {
        return run(() -> reads.result(id));
    }

    @Override
    public Mono<Answer> answer(JobId id) {
        return run(() -> reads.answer(id));
    }

    @Override
    public Flux<JobEvent> history(JobId id, long after) {
        return Flux.defer(() -> closed.get() ? Flux.error(closedError()) : reads.history(id, after));
    }

    @Override
    public Flux<JobEvent> tail(Interest interest) {
        return Flux.defer(() -> closed.get() ? Flux.error(closedError()) : feed.tail(interest));
    }

    @Override
    public void offer(String route) {
        hints.offer(route);
    }

    @Override
    public Flux<String> offers() {
        return hints.offers();
    }

    @Override
    public Backlog backlog() {
        return backlog;
    }

    /** Counts waiting jobs now, ahead of schedule. */
    Mono<Void> count() {
        return run(() -> {
            backlog.count(database, true);
            return null;
        });
    }

    /** Runs cleanup now, ahead of schedule. */
    Mono<Void> clearUp() {
        return run(() -> {
            upkeep.clear();
            return null;
        });
    }

    @Override
    public Flux<Long> purge(Duration tombstones) {
        return run(() -> erasure.purge(erasure.now(), tombstones)).flux();
    }

    /** As {@link #purge(Duration)} at a given time. */
    Mono<Long> purge(Instant now, Duration tombstones) {
        return run(() -> erasure.purge(now, tombstones));
    }

    @Override
    public Mono<Boolean> forget(JobId id) {
        return open(workers.run(() -> erasure.forget(id))
                .onErrorResume(
                        error -> Faults.kind(error) == Faults.Kind.UNKNOWN,
                        error -> workers.patiently(() -> erasure.forgetAgain(id))));
    }

    @Override
    public Mono<Void> putShared(String name, byte[] value) {
        return update(() -> SharedUpdate.put(name, value));
    }

    @Override
    public Mono<Void> removeShared(Collection<String> names) {
        return update(() -> SharedUpdate.remove(names));
    }

    private Mono<Void> update(Supplier<SharedUpdate> making) {
        return Mono.create(sink -> {
            SharedUpdate update = making.get();
            shared.state().admit(update);
            sharedUpdates.submit(new PostgresShared.Update(update, sink));
        });
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
        return again(() -> groupStore.create(group));
    }

    @Override
    public Mono<GroupLookup> findGroup(GroupId id) {
        return run(() -> groupStore.find(id));
    }

    @Override
    public Mono<Group> closeGroup(GroupId id) {
        return again(() -> {
            groupStore.close(List.of(id), Long.MAX_VALUE, null);
            return groupStore.group(id);
        });
    }

    @Override
    public Mono<Group> cancelGroup(GroupId id) {
        return open(Mono.defer(() -> groupSteps.cancel(id))
                .onErrorResume(error -> Faults.kind(error) == Faults.Kind.UNKNOWN, error -> groupSteps.cancel(id)));
    }

    @Override
    public Mono<Boolean> eraseGroup(GroupId id) {
        return open(Mono.defer(() -> groupSteps.erase(id))
                .onErrorResume(error -> Faults.kind(error) == Faults.Kind.UNKNOWN, error -> groupSteps.eraseAgain(id)));
    }

    @Override
    public Mono<MemberPage> members(GroupId id, @Nullable JobState state, int limit, long from) {
        return run(() -> groupReads.members(id, state, limit, from));
    }

    @Override
    public Flux<GroupEvent> groupHistory(GroupId id, long after) {
        return Flux.defer(() -> closed.get() ? Flux.error(closedError()) : groupReads.history(id, after));
    }

    @Override
    public Flux<Long> groupTail(GroupId id) {
        return Flux.defer(() -> closed.get() ? Flux.error(closedError()) : groupFeed.tail(id));
    }

    @Override
    public Mono<Void> tendGroups(Duration idle) {
        return open(Mono.defer(() -> groupSteps.tend(idle)));
    }

    @Override
    public byte[] secret() {
        return secret.clone();
    }

    @Override
    public Health health() {
        return closed.get() ? new Health(false, "closed") : database.health();
    }

    /** Releases the claims of this node, so that others need not wait for their leases to expire. */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        upkeep.stop();
        intake.close();
        streams.close();
        Duration patience = database.timeout().multipliedBy(2);
        quietly("What this node holds", giveBack(patience), patience);
        quietly(
                "What was taken on",
                Mono.when(ended(appends::close), ended(moves::close), ended(finds::close), ended(sharedUpdates::close)),
                patience);
        quietly("What must be withdrawn", workers.run(() -> done(withdrawals::run)), patience);
        quietly("This node's row", workers.run(() -> done(upkeep::close)), patience);
        release();
    }

    private Mono<Void> giveBack(Duration lease) {
        return workers.run(() -> done(() -> {
                    claims.takeOver(lease);
                    resumes.takeOver(lease);
                }))
                .onErrorComplete()
                .thenMany(Flux.defer(() -> Flux.fromIterable(running.all())))
                .flatMap(job -> record(job, new Transition.Lose()).onErrorComplete(), MOST)
                .then();
    }

    /** Its lanes stop in bounded time: groups not begun when the database is closed fail. */
    private Mono<Boolean> ended(Runnable closing) {
        return workers.run(() -> done(closing));
    }

    private static boolean done(Runnable work) {
        work.run();
        return true;
    }

    private static void quietly(String what, Mono<?> work, Duration patience) {
        try {
            Waiting.until(work, patience);
        } catch (RuntimeException e) {
            log.warn("{} could not be brought to an end: {}", what, e.getMessage());
        }
    }

    private void release() {
        hints.close();
        feed.close();
        groupFeed.close();
        shared.state().close();
        listeners.disposeGracefully().subscribe(); // each listener still receives completion
        bodies.close();
        workers.close();
        database.close();
    }

    /** Runs an idempotent task, once more if its outcome is unknown. */
    private <T> Mono<T> again(Callable<@Nullable T> work) {
        return open(workers.<T>run(work)
                .onErrorResume(
                        error -> Faults.kind(error) == Faults.Kind.UNKNOWN, error -> workers.<T>patiently(work)));
    }

    private <T> Mono<T> run(Callable<@Nullable T> work) {
        return open(workers.run(work));
    }

    private <T> Mono<T> open(Mono<T> verb) {
        return Mono.defer(() -> closed.get() ? Mono.error(closedError()) : verb).onErrorMap(Faults::told);
    }

    private static IllegalStateException closedError() {
        return new IllegalStateException("the journal is closed");
    }
}
