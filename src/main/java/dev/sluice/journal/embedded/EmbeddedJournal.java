package dev.sluice.journal.embedded;

import dev.sluice.journal.FollowUps;
import dev.sluice.journal.Groups;
import dev.sluice.journal.Health;
import dev.sluice.journal.JobIntake;
import dev.sluice.journal.JobReader;
import dev.sluice.journal.SharedValues;
import dev.sluice.journal.WorkQueue;
import dev.sluice.journal.core.BodyIntake;
import dev.sluice.journal.core.BodyName;
import dev.sluice.journal.core.ComposedJournal;
import dev.sluice.journal.core.Facts;
import dev.sluice.journal.core.JournalClock;
import dev.sluice.journal.core.Tails;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.LongSupplier;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** The journal on two stores: opens, keeps and closes what its parts share. */
final class EmbeddedJournal extends ComposedJournal {

    private static final int READERS = 4;
    private static final int WAITING_READS = 20_000;

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
    private final BodyIntake bodyIntake;
    private final Queries queries;
    private final EmbeddedIntake intake;
    private final EmbeddedWorkQueue work;
    private final EmbeddedReader reader;
    private final EmbeddedGroups groups;
    private final EmbeddedShared shared;
    private final Purge jobs;
    private final Purge tombstones;
    private final Facts facts;
    private final byte[] secret;
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
        EmbeddedJournalMeters.stores(registry, stores);
        this.stores = stores;
        tails = new Tails(stores.tailLag());
        working = new WorkingSet(clock, leases, tails, this::discard);
        writer = new Writer("sluice-journal-writer", 8 << 20, stores.main(), working, followUps, meters);
        bodyWriter = new Writer("sluice-journal-bodies", 512 << 10, stores.bodies(), working, FollowUps.NONE, meters);
        bodies = new EmbeddedPieceStore(bodyWriter);
        bodyIntake = new BodyIntake(bodies);
        facts = new EmbeddedFacts(stores.main(), writer);
        queries = new Queries(stores.main(), writer, working, readers);
        Outputs outputs = new Outputs(stores.main());
        StoredBodies stored = new StoredBodies(stores.main(), stores.bodies(), outputs, queries);
        StoredAnswers answers = new StoredAnswers(stores.main(), outputs, stored, queries);
        JobEraser eraser = new JobEraser(working, writer, bodies);
        reader = new EmbeddedReader(stores.main(), queries, outputs, stored, answers, working, tails, listeners);
        intake = new EmbeddedIntake(stores.main(), bodyIntake, bodies, writer, working, queries, reader, eraser);
        work = new EmbeddedWorkQueue(bodyIntake, bodies, writer, working, answers);
        shared = new EmbeddedShared(stores.main(), writer, listeners);
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
        bodyIntake.close();
        work.close();
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
        shared.close();
        listeners.disposeGracefully().subscribe(); // each listener still receives completion
        readers.dispose();
        sweeper.dispose();
        stores.close();
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
}
