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
 * The pieces of bodies. What does not arrive whole is removed; should this node die first, another does that, which is what
 * the rows of {@code receiving} are for. The part of a response has the fence of its claim in the low 32 bits, by which it is
 * known how long it may be needed, and above them a number: what comes in under one claim at different times is kept apart.
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

    /** Names a response that comes in under a claim. */
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

    /** Pieces are noted as nobody's first, because only what begins after that sees all that was written before. */
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

    /** The pieces of a body belong to a job now. */
    void belongs(BodyName body) {
        run(() -> database.update(DONE, Rows.uuid(body.job()), body.part()), body);
    }

    /** The requests that come in here or wait to be accepted, and may have pieces that belong to no job. */
    Collection<JobId> requests() {
        return requests;
    }

    /** Whether this is such a request. */
    boolean isComing(BodyName body) {
        return body.isRequest() && requests.contains(body.job());
    }

    /** It is decided what became of a request. */
    void decided(JobId id) {
        requests.remove(id);
    }

    /** Nobody waits for it: should it fail, it is done with the next {@link Upkeep clearing up}. */
    private void run(Callable<@Nullable Integer> work, BodyName body) {
        workers.run(work)
                .subscribe(
                        rows -> {},
                        error -> log.debug("Pieces of {} are cleared up later: {}", body, error.getMessage()));
    }

    /** Those of a response are removed only after its claim no longer holds. */
    private static RuntimeException removed(BodyName body) {
        return body.isRequest()
                ? new JournalUnavailableException(
                        "this node was not seen for so long that the body it took in was removed", null)
                : new StaleClaimException(body.job());
    }
}
