package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.ResultInfo;
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
import dev.sluice.journal.JournalProperties;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.Lookup;
import dev.sluice.journal.NewJob;
import dev.sluice.journal.ReceivedBody;
import dev.sluice.journal.StoredRequest;
import dev.sluice.journal.StoredResult;
import dev.sluice.journal.core.Body;
import dev.sluice.journal.core.Fingerprint;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The journal in PostgreSQL. One thread of this node decides and tells; another carries bytes to the database and back;
 * neither ever waits.
 */
final class PostgresJournal implements Journal {

    private static final Logger log = LoggerFactory.getLogger(PostgresJournal.class);

    private final Scheduler scheduler = Schedulers.newSingle("sluice-journal", true);
    private final Scheduler listeners = Schedulers.newSingle("sluice-journal-tail", true);
    private final DatabaseClock clock = new DatabaseClock();
    private final LiveBacklog backlog = new LiveBacklog();
    private final Requests requests = new Requests();
    private final Running running = new Running(requests);
    private final Database database;
    private final Reads reads;
    private final Erasure erasure;
    private final Intake intake;
    private final Hints hints;
    private final Feed feed;
    private final Claims claims;
    private final TimeLimits timeLimits;
    private final Withdrawals withdrawals;
    private final Upkeep upkeep;
    private final Grouper<Appends.Append> appends;
    private final Grouper<Move> moves;
    private final Grouper<Finds.Find> finds;
    private final byte[] secret;
    private final AtomicBoolean closed = new AtomicBoolean();

    /**
     * Brings the schema up to date and joins the other nodes. Blocks.
     *
     * @param name of this node, for people
     * @throws JournalUnavailableException if that cannot be done; the message says what to do
     */
    PostgresJournal(JournalProperties.Postgres properties, String name, MeterRegistry registry) {
        secret = Migration.run(properties);
        JournalMeters meters = new JournalMeters(registry);
        UUID node = UUID.randomUUID();
        database = new Database(properties, meters);
        withdrawals = new Withdrawals(database, scheduler);
        Positions positions = new Positions(database, backlog);
        reads = new Reads(database, requests);
        erasure = new Erasure(database);
        intake = new Intake(database, node);
        hints = new Hints(database, scheduler, backlog, properties.schema(), node.toString(), new HintsToFeed());
        feed = new Feed(reads, hints, meters, scheduler, listeners);
        Appends accepting = new Appends(database, scheduler, backlog, feed, positions, withdrawals);
        Moves moving = new Moves(database, scheduler, clock, running, backlog, feed, meters);
        appends = new Grouper<>("append", accepting, database, scheduler, meters, 2, 256);
        moves = new Grouper<>("move", moving, database, scheduler, meters, 2, 256);
        finds = new Grouper<>("find", new Finds(database, scheduler, positions), database, scheduler, meters, 2, 256);
        timeLimits = new TimeLimits(database, scheduler, running, guard -> id -> move(guard, id));
        claims = new Claims(database, scheduler, running, requests, backlog, feed, withdrawals, timeLimits);
        upkeep = new Upkeep(
                database, clock, scheduler, backlog, timeLimits, feed, hints, intake, running, withdrawals, node, name);
        try {
            Waiting.until(upkeep.begin(), properties.timeout().multipliedBy(4));
        } catch (RuntimeException e) {
            release();
            throw e instanceof JournalUnavailableException ? e : new JournalUnavailableException(Faults.words(e), e);
        }
        hints.start();
    }

    private final class HintsToFeed implements Hints.Listener {
        @Override
        public void hinted(JobId id, long first, long last) {
            feed.hinted(id, first, last);
        }

        @Override
        public void mayHaveMissed() {
            feed.look()
                    .subscribe(nothing -> {}, error -> log.debug("Looking for events failed: {}", error.getMessage()));
        }
    }

    /** The time that the journal goes by. */
    Clock clock() {
        return clock;
    }

    @Override
    public Mono<Appended> append(NewJob job, Flux<byte[]> body) {
        return Mono.defer(() -> {
            Fingerprint fingerprint = job.key() == null ? null : new Fingerprint(job.request());
            return intake.receive(job.id(), 0, body, fingerprint)
                    .flatMap(received -> Mono.<Appended>create(sink -> appends.submit(
                            new Appends.Append(job, received, fingerprint, () -> intake.discard(job.id(), 0), sink))))
                    .doFinally(end -> intake.decided(job.id()));
        });
    }

    @Override
    public Mono<Boolean> holds(IdempotencyKey key) {
        return open(reads.holds(key));
    }

    @Override
    public Mono<Claimed> claim(Map<String, Demand> demand, Duration lease) {
        return open(claims.claim(demand, lease)).onErrorMap(Reads::unavailable);
    }

    @Override
    public Mono<List<JobId>> renew(Collection<Job> claimed, Duration lease) {
        return open(timeLimits.renew(claimed, lease)).onErrorMap(Reads::unavailable);
    }

    @Override
    public Mono<Job> record(Job claimed, Transition move) {
        if (move instanceof Transition.Succeed || (move instanceof Transition.Fail fail && fail.result() != null)) {
            return Mono.error(new IllegalArgumentException("a move with a result is made by finish"));
        }
        return Mono.create(sink -> moves.submit(
                new Move(claimed.id(), Move.Guard.CLAIM, move, claimed, null, PostgresJournal::nothing, sink)));
    }

    @Override
    public Mono<ReceivedBody> receive(Job claimed, Flux<byte[]> body) {
        return intake.receive(claimed.id(), claimed.fence(), body, null).cast(ReceivedBody.class);
    }

    @Override
    public Mono<Job> finish(Job claimed, Ending ending, ReceivedBody body) {
        Body received = (Body) body;
        return Mono.<Job>create(sink -> moves.submit(ending(claimed, ending, received, sink)))
                .doOnSuccess(job -> kept(claimed, received));
    }

    private Move ending(Job claimed, Ending ending, Body body, reactor.core.publisher.MonoSink<Job> sink) {
        ResultInfo info = new ResultInfo(
                ending.result().status(),
                ending.result().headers().first("Content-Type").orElse(null),
                body.size());
        Transition end =
                ending.failure() == null ? new Transition.Succeed(info) : new Transition.Fail(ending.failure(), info);
        Runnable discard =
                body.pieces() == 0 ? PostgresJournal::nothing : () -> intake.discard(claimed.id(), claimed.fence());
        return new Move(
                claimed.id(), Move.Guard.CLAIM, end, claimed, Codec.result(ending.result(), body), discard, sink);
    }

    private void kept(Job claimed, Body body) {
        if (body.pieces() > 0) {
            intake.kept(claimed.id(), claimed.fence());
        }
    }

    @Override
    public Mono<Job> report(JobId id, Transition.Report report) {
        return Mono.create(sink ->
                moves.submit(new Move(id, Move.Guard.NONE, report, null, null, PostgresJournal::nothing, sink)));
    }

    @Override
    public Mono<Job> cancel(JobId id) {
        return Mono.create(sink -> moves.submit(
                new Move(id, Move.Guard.NONE, new Transition.Cancel(), null, null, PostgresJournal::nothing, sink)));
    }

    private Mono<Job> move(Move.Guard guard, JobId id) {
        return Mono.create(sink -> moves.submit(
                new Move(id, guard, TimeLimits.transition(guard), null, null, PostgresJournal::nothing, sink)));
    }

    @Override
    public Mono<Instant> failOverdue() {
        return open(timeLimits.failOverdue());
    }

    @Override
    public Mono<Lookup> find(JobId id) {
        return Mono.create(sink -> finds.submit(new Finds.Find(id, sink)));
    }

    @Override
    public Mono<JobPage> list(JobFilter filter, int limit, @Nullable JobId before) {
        return open(Mono.defer(() -> reads.list(filter, limit, before)));
    }

    @Override
    public Mono<StoredRequest> request(JobId id) {
        return open(Mono.defer(() -> reads.request(id)));
    }

    @Override
    public Mono<StoredResult> result(JobId id) {
        return open(reads.result(id));
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

    /** Counts what waits now, rather than in its turn. */
    Mono<Void> count() {
        return Mono.defer(() -> backlog.count(database, true)).subscribeOn(scheduler);
    }

    /** Clears up now, rather than in its turn. */
    Mono<Void> clearUp() {
        return Mono.defer(upkeep::clear).subscribeOn(scheduler);
    }

    @Override
    public Mono<Long> purge(Duration tombstones) {
        return Mono.defer(() -> purge(clock.instant(), tombstones));
    }

    /** As {@link #purge(Duration)} when it is a certain time. */
    Mono<Long> purge(Instant now, Duration tombstones) {
        return open(erasure.purge(now, tombstones));
    }

    @Override
    public Mono<Boolean> forget(JobId id) {
        return open(erasure.forget(id));
    }

    @Override
    public byte[] secret() {
        return secret.clone();
    }

    @Override
    public Health health() {
        return closed.get() ? new Health(false, "closed") : database.health();
    }

    /** Gives back what this node still holds, so that the others need not wait for its leases. */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        upkeep.stop();
        intake.close();
        Duration patience = database.timeout().multipliedBy(2);
        quietly(
                "What this node holds",
                claims.takeOver(patience).onErrorComplete().then(giveBack()),
                patience);
        quietly("What was taken on", Mono.when(appends.close(), moves.close(), finds.close()), patience);
        quietly("What must be withdrawn", withdrawals.run(), patience);
        quietly("This node's row", upkeep.close(), patience);
        release();
    }

    private Mono<Void> giveBack() {
        return Mono.fromCallable(running::all)
                .subscribeOn(scheduler)
                .flatMapMany(Flux::fromIterable)
                .flatMap(job -> record(job, new Transition.Lose()).onErrorComplete(), 256)
                .then();
    }

    private static void quietly(String what, Mono<Void> work, Duration patience) {
        try {
            Waiting.until(work, patience);
        } catch (RuntimeException e) {
            log.warn("{} could not be brought to an end: {}", what, e.getMessage());
        }
    }

    private void release() {
        hints.close();
        feed.close();
        listeners.disposeGracefully().subscribe(); // each listener still gets to hear the end
        quietly("The journal's thread", scheduler.disposeGracefully(), Duration.ofSeconds(5));
        database.close();
    }

    private <T> Mono<T> open(Mono<T> verb) {
        return Mono.defer(() -> closed.get() ? Mono.error(closedError()) : verb);
    }

    /** What there is to clear up after a move without pieces. */
    private static void nothing() {}

    private static IllegalStateException closedError() {
        return new IllegalStateException("the journal is closed");
    }
}
