package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.StaleClaimException;
import dev.sluice.journal.core.BodyName;
import dev.sluice.journal.core.PieceStore;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The pieces of bodies. Incomplete bodies are removed; if this node dies first, another node removes them by their rows
 * in {@code receiving}. The part of a response has the fence of its claim in the low 32 bits, which tells how long it
 * may be needed, and a sequence number above them, which keeps responses received under one claim apart.
 */
final class PostgresPieceStore implements PieceStore {

    private static final Logger log = LoggerFactory.getLogger(PostgresPieceStore.class);

    static final String BEGIN = Sql.of("body-begin");

    static final String WRITE = Sql.of("body-write");

    private static final String DONE = Sql.of("body-done");

    private static final String DISCARD = Sql.of("body-discard");

    private final Database database;
    private final PieceSweep sweep;
    private final Workers workers;
    private final UUID node;
    private final Set<JobId> requests = ConcurrentHashMap.newKeySet();
    private final AtomicInteger responses = new AtomicInteger();

    PostgresPieceStore(Database database, PieceSweep sweep, Workers workers, UUID node) {
        this.database = database;
        this.sweep = sweep;
        this.workers = workers;
        this.node = node;
    }

    /** Creates the name of a response received under a claim. */
    BodyName response(Job claimed) {
        return new BodyName(claimed.id(), (long) (responses.incrementAndGet() & 0x7fffffff) << 32 | claimed.fence());
    }

    @Override
    public Mono<Void> write(BodyName body, int first, List<byte[]> pieces) {
        if (body.isRequest()) {
            requests.add(body.job());
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
        if (body.isRequest()) {
            requests.remove(body.job());
        }
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
     * Returns the requests being received or waiting to be accepted on this node, whose pieces belong to no job yet.
     */
    Collection<JobId> requests() {
        return requests;
    }

    /** Whether this request is being received or waiting to be accepted. */
    boolean isComing(BodyName body) {
        return body.isRequest() && requests.contains(body.job());
    }

    /** Removes a request that was accepted or refused. */
    void decided(JobId id) {
        requests.remove(id);
    }

    /** Runs in the background; a failure is left to the next {@link Upkeep cleanup}. */
    private void run(Callable<@Nullable Integer> work, BodyName body) {
        workers.run(work)
                .subscribe(
                        rows -> {},
                        error -> log.debug("Pieces of {} are cleared up later: {}", body, error.getMessage()));
    }

    /** Pieces of a response are removed only after its claim has ended. */
    private static RuntimeException removed(BodyName body) {
        return body.isRequest()
                ? new JournalUnavailableException(
                        "this node was not seen for so long that the body it took in was removed", null)
                : new StaleClaimException(body.job());
    }
}
