package dev.sluice.journal.postgres;

import dev.sluice.job.GroupId;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.Transition;
import dev.sluice.journal.FollowUps;
import dev.sluice.journal.Groups;
import dev.sluice.journal.Health;
import dev.sluice.journal.JobIntake;
import dev.sluice.journal.JobReader;
import dev.sluice.journal.JournalProperties;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.SharedValues;
import dev.sluice.journal.WorkQueue;
import dev.sluice.journal.core.BodyIntake;
import dev.sluice.journal.core.ClaimedRequests;
import dev.sluice.journal.core.ComposedJournal;
import dev.sluice.journal.core.Decision.Guard;
import dev.sluice.journal.core.Facts;
import dev.sluice.journal.core.GroupCommitter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.UUID;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The journal in PostgreSQL. Its methods run on threads of its own, which block on the database so that callers need
 * not.
 */
final class PostgresJournal extends ComposedJournal {

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
    private final Calls calls;
    private final ErasureSteps erasure;
    private final BodyIntake bodyIntake;
    private final Hints hints;
    private final Feed feed;
    private final GroupFeed groupFeed;
    private final Streams streams;
    private final TimeLimits timeLimits;
    private final Withdrawals withdrawals;
    private final Upkeep upkeep;
    private final Lanes<PendingAppend> appends;
    private final Lanes<PendingMove> moves;
    private final GroupCommitter<Finds.Find> finds;
    private final PostgresIntake intake;
    private final PostgresWorkQueue work;
    private final PostgresReader reader;
    private final PostgresGroups groups;
    private final PostgresShared shared;
    private final Facts facts;
    private final byte[] secret;

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
        calls = new Calls(workers);
        EventReads events = new EventReads(database, workers);
        BodyReads stored = new BodyReads(database, bodies, requests);
        PostgresPieceStore pieces = new PostgresPieceStore(database, sweep, bodies, node);
        bodyIntake = new BodyIntake(pieces);
        hints = new Hints(database, servers, backlog, properties.schema(), node.toString(), new Hinted());
        Committers committers = new Committers(database, meters);
        shared = new PostgresShared(
                database, workers, listeners, hints::wroteShared, carrier -> committers.one("shared", carrier));
        feed = new Feed(events, hints, meters, workers, listeners);
        groupFeed = new GroupFeed(database, hints, workers, listeners);
        Presence presence = new Presence(database, clock, backlog, node, name);
        Causes causes = new Causes(followUps, presence::areCredentialsApart, backlog, feed);
        GroupStore groupStore = new GroupStore(database, causes, groupFeed);
        GroupSteps groupSteps = new GroupSteps(database, workers, groupStore, sweep, this::notice);
        groups = new PostgresGroups(
                calls, groupStore, new GroupReads(database, workers, groupStore), groupSteps, groupFeed);
        erasure = new ErasureSteps(database, sweep, groupStore);
        withdrawals = new Withdrawals(database, causes, sweep, groupFeed);
        Appends accepting = new Appends(database, backlog, feed, positions, withdrawals, groupFeed);
        EndWriter endings = new EndWriter(database, causes);
        Moves moving = new Moves(database, clock, endings, running, backlog, feed, groupFeed, meters);
        appends = committers.apart("append", accepting, PendingAppend::isOfGroup);
        moves = committers.apart("move", moving, PendingMove::isOfGroup);
        finds = committers.together("find", new Finds(database, positions));
        Expiry expiry = new Expiry();
        timeLimits = new TimeLimits(database, running, expiry, this::notice);
        Claims claims =
                new Claims(database, running, requests, backlog, feed, groupFeed, withdrawals, timeLimits, expiry);
        streams = new Streams(running, moves::submit);
        Resumes resumes = new Resumes(database, running, timeLimits, expiry);
        reader = new PostgresReader(calls, finds, new ListReads(database), stored, events, feed, backlog);
        intake = new PostgresIntake(
                calls, database, workers, presence, bodyIntake, pieces, appends, moves, reader, clock, erasure);
        work = new PostgresWorkQueue(
                calls,
                workers,
                claims,
                resumes,
                timeLimits,
                running,
                presence,
                moves,
                bodyIntake,
                pieces,
                streams,
                stored,
                hints);
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
        shared.start();
        hints.start();
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
    protected JobIntake intake() {
        return intake;
    }

    @Override
    protected WorkQueue work() {
        return work;
    }

    @Override
    protected JobReader reader() {
        return reader;
    }

    @Override
    protected Groups groups() {
        return groups;
    }

    @Override
    protected SharedValues values() {
        return shared;
    }

    /** As {@link #record}, also of a single piece of output, as earlier versions store it. */
    Mono<Job> move(Job claimed, Transition move) {
        return work.move(claimed, move);
    }

    private Mono<Job> notice(JobId id, Guard guard, Transition transition) {
        return Mono.create(sink -> moves.submit(PendingMove.noticed(id, guard, transition, sink)));
    }

    /** Counts waiting jobs now, ahead of schedule. */
    Mono<Void> count() {
        return calls.run(() -> {
            backlog.count(database, true);
            return null;
        });
    }

    /** Runs cleanup now, ahead of schedule. */
    Mono<Void> clearUp() {
        return calls.run(() -> {
            upkeep.clear();
            return null;
        });
    }

    @Override
    public Flux<Long> purge(Duration tombstones) {
        return calls.run(() -> erasure.purge(erasure.now(), tombstones)).flux();
    }

    /** As {@link #purge(Duration)} at a given time. */
    Mono<Long> purge(Instant now, Duration tombstones) {
        return calls.run(() -> erasure.purge(now, tombstones));
    }

    @Override
    public byte[] secret() {
        return secret.clone();
    }

    @Override
    public Health health() {
        return calls.areClosed() ? new Health(false, "closed") : database.health();
    }

    /** Releases the claims of this node, so that others need not wait for their leases to expire. */
    @Override
    public void close() {
        if (!calls.close()) {
            return;
        }
        upkeep.stop();
        bodyIntake.close();
        streams.close();
        Duration patience = database.timeout().multipliedBy(2);
        Shutdown shutdown = new Shutdown(workers, patience);
        shutdown.step("What this node holds", work.giveBack(patience));
        // Lanes stop in bounded time: batches not begun when the database is closed fail.
        shutdown.step("What was taken on", appends::close, moves::close, finds::close, shared::stop);
        shutdown.step("What must be withdrawn", withdrawals::run);
        shutdown.step("This node's row", upkeep::close);
        release();
    }

    private void release() {
        hints.close();
        feed.close();
        groupFeed.close();
        shared.close();
        listeners.disposeGracefully().subscribe(); // each listener still receives completion
        bodies.close();
        workers.close();
        database.close();
    }
}
