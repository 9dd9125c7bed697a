package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.StaleClaimException;
import dev.sluice.journal.core.BodyName;
import dev.sluice.journal.core.PieceStore;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The pieces of bodies. Incomplete bodies are removed; if this node dies first, another node removes them by their rows
 * in {@code receiving}. The part of a response has the fence of its claim in the low 32 bits, which tells how long it
 * may be needed, and a number above them, which keeps responses received under one claim apart. An answer that comes by a later
 * call may come to any node, so that its number is a random one; its low bits are the fence at that time.
 */
final class PostgresPieceStore implements PieceStore {

    private static final Logger log = LoggerFactory.getLogger(PostgresPieceStore.class);

    static final String BEGIN = Sql.of("body-begin");

    static final String WRITE = Sql.of("body-write");

    private static final String DONE = Sql.of("body-done");

    private static final String DISCARD = Sql.of("body-discard");

    private static final long FENCE = 0xffffffffL;

    private final Database database;
    private final PieceSweep sweep;
    private final Workers workers;
    private final UUID node;
    private final Set<BodyName> incoming = ConcurrentHashMap.newKeySet();
    private final AtomicInteger responses = new AtomicInteger();

    PostgresPieceStore(Database database, PieceSweep sweep, Workers workers, UUID node) {
        this.database = database;
        this.sweep = sweep;
        this.workers = workers;
        this.node = node;
    }

    /** Creates the name of a response received under a claim. */
    BodyName response(Job claimed) {
        return new BodyName(
                claimed.id(), (long) (responses.incrementAndGet() & 0x7fffffff) << 32 | (claimed.fence() & FENCE));
    }

    /** Creates the name of an answer that comes by a later call, to be {@linkplain #decided decided}. */
    BodyName answer(Job job) {
        BodyName name = new BodyName(
                job.id(), (long) (ThreadLocalRandom.current().nextInt() & 0x7fffffff) << 32 | (job.fence() & FENCE));
        incoming.add(name);
        return name;
    }

    /** Whether a response was received under this claim. */
    static boolean isOfClaim(BodyName body, @Nullable Job claimed) {
        return claimed != null && (body.part() & FENCE) == (claimed.fence() & FENCE);
    }

    @Override
    public Mono<Void> write(BodyName body, int first, List<byte[]> pieces) {
        if (body.isRequest()) {
            incoming.add(body);
        }
        Mono<Integer> begin = first > 0
                ? Mono.just(0)
                : workers.run(() -> database.update(BEGIN, Rows.uuid(body.job()), body.part(), node));
        return begin.thenMany(Flux.range(0, pieces.size()).concatMap(i -> write(body, first + i, pieces.get(i))))
                .then()
                .onErrorMap(Faults::told);
    }

    private Mono<Void> write(BodyName body, int n, byte[] piece) {
        return workers.patiently(() ->
                        database.first(WRITE, row -> Rows.flag(row, 0), Rows.uuid(body.job()), body.part(), n, piece))
                .flatMap(written -> written ? Mono.empty() : Mono.error(removed(body)));
    }

    /** Pieces are marked as orphaned first, because only a later statement sees all pieces written before. */
    @Override
    public void discard(BodyName body) {
        incoming.remove(body);
        run(
                () -> {
                    int noted = database.update(DISCARD, Rows.uuid(body.job()), body.part());
                    if (noted > 0) {
                        sweep.run();
                    }
                    return noted;
                },
                body);
    }

    /** Marks the pieces of a body as belonging to a job. */
    void belongs(BodyName body) {
        run(() -> database.update(DONE, Rows.uuid(body.job()), body.part()), body);
    }

    /**
     * Returns the bodies being received or waiting to be accepted on this node that no claim protects and whose pieces belong to
     * no job yet.
     */
    List<BodyName> incoming() {
        return List.copyOf(incoming);
    }

    /** Whether this body is being received or waiting to be accepted. */
    boolean isComing(BodyName body) {
        return incoming.contains(body);
    }

    /** Removes a body that was accepted or refused. */
    void decided(BodyName body) {
        incoming.remove(body);
    }

    /** Runs in the background; a failure is left to the next {@link Upkeep cleanup}. */
    private void run(Callable<@Nullable Integer> work, BodyName body) {
        workers.run(work)
                .subscribe(
                        rows -> {},
                        error -> log.debug("Pieces of {} are cleared up later: {}", body, error.getMessage()));
    }

    /** Pieces of a response under a claim are removed only after that has ended. */
    private RuntimeException removed(BodyName body) {
        return incoming.contains(body) ? removed() : new StaleClaimException(body.job());
    }

    /** The pieces of a body were removed while it was received. */
    static JournalUnavailableException removed() {
        return new JournalUnavailableException(
                "this node was not seen for so long that the body it took in was removed", null);
    }
}
