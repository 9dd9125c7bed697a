package dev.sluice.journal.postgres;

import dev.sluice.job.JobId;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.core.Body;
import dev.sluice.journal.core.Fingerprint;
import dev.sluice.journal.core.PieceBuffer;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Takes in bodies. A small one stays in memory and is written together with its head; a longer one is written in pieces of
 * equal size (the last may be shorter) while it arrives, more being asked for when what came before is written: so memory
 * holds about one piece of each. What does not arrive whole is removed; should this node die first, another does that, which
 * is what the rows of {@code receiving} are for.
 */
final class Intake {

    private static final Logger log = LoggerFactory.getLogger(Intake.class);

    static final int INLINE = 32 * 1024;
    static final int PIECE = 64 * 1024;

    static final String BEGIN = Sql.of("body-begin");

    static final String WRITE = Sql.of("body-write");

    private static final String DONE = Sql.of("body-done");

    private static final String DISCARD = Sql.of("body-discard");

    private final Database database;
    private final PieceSweep sweep;
    private final Workers workers;
    private final UUID node;
    private final Sinks.Empty<byte[]> closing = Sinks.empty();
    private final Set<JobId> requests = ConcurrentHashMap.newKeySet();

    Intake(Database database, PieceSweep sweep, Workers workers, UUID node) {
        this.database = database;
        this.sweep = sweep;
        this.workers = workers;
        this.node = node;
    }

    /**
     * Takes in one body.
     *
     * @param part 0 for a request, else the fence under which an answer comes in
     * @param fingerprint fed with each byte, if given
     */
    Mono<Body> receive(JobId id, long part, Flux<byte[]> body, @Nullable Fingerprint fingerprint) {
        return Mono.defer(() -> {
            Receiver receiver = new Receiver(id, part);
            return body.takeUntilOther(closing.asMono())
                    .concatMap(
                            bytes -> {
                                if (fingerprint != null) {
                                    fingerprint.add(bytes);
                                }
                                return receiver.take(bytes);
                            },
                            1)
                    .then(Mono.defer(receiver::end))
                    .doOnError(error -> receiver.discard())
                    .doOnCancel(receiver::discard);
        });
    }

    /** The requests that come in here or wait to be accepted, and may have pieces that belong to no job. */
    Collection<JobId> requests() {
        return requests;
    }

    /** It is decided what became of a request. */
    void decided(JobId id) {
        requests.remove(id);
    }

    /** The pieces of a body belong to a job now. */
    void kept(JobId id, long part) {
        run(() -> database.update(DONE, Rows.uuid(id), part), id);
    }

    /**
     * Removes the pieces of a body that belongs to no job. They are noted as nobody's first, because only what begins after
     * that sees all that was written before.
     */
    void discard(JobId id, long part) {
        run(
                () -> {
                    int noted = database.update(DISCARD, Rows.uuid(id), part);
                    if (noted > 0) {
                        sweep.run();
                    }
                    return noted;
                },
                id);
    }

    /** Whether a request comes in here, or waits to be accepted. */
    boolean isComing(JobId id) {
        return requests.contains(id);
    }

    /** Fails what is coming in, and what comes later. */
    void close() {
        closing.tryEmitError(new IllegalStateException("the journal is closed"));
    }

    /** Nobody waits for it: should it fail, it is done with the next {@link Upkeep clearing up}. */
    private void run(Callable<@Nullable Integer> work, JobId id) {
        workers.run(work)
                .subscribe(
                        rows -> {},
                        error -> log.debug("Pieces of job {} are cleared up later: {}", id, error.getMessage()));
    }

    private static JournalUnavailableException removed() {
        return new JournalUnavailableException(
                "this node was not seen for so long that the body it took in was removed", null);
    }

    private final class Receiver {
        private final JobId id;
        private final long part;
        private final PieceBuffer held = new PieceBuffer();
        private long size;
        private int pieces;
        private boolean over;

        Receiver(JobId id, long part) {
            this.id = id;
            this.part = part;
        }

        /** Completes when there is room for more. */
        Mono<Void> take(byte[] bytes) {
            List<byte[]> whole;
            synchronized (this) {
                held.add(bytes);
                size += bytes.length;
                if (held.bytes() < PIECE) {
                    return Mono.empty();
                }
                whole = held.takePieces(PIECE);
            }
            return write(whole);
        }

        /** The whole, when all of it is written; never, if its caller gave it up when its last bytes had just come. */
        Mono<Body> end() {
            byte[] rest;
            synchronized (this) {
                rest = held.take();
                if (pieces == 0 && rest.length <= INLINE) {
                    return whole(rest);
                }
            }
            Mono<Void> last = rest.length == 0 ? Mono.empty() : write(List.of(rest));
            return last.then(Mono.defer(() -> whole(new byte[0])));
        }

        /** From here on the pieces belong to whoever is told of them. */
        private synchronized Mono<Body> whole(byte[] inline) {
            if (over) {
                return Mono.never();
            }
            over = true;
            return Mono.just(new Body(size, pieces, inline));
        }

        void discard() {
            boolean some;
            synchronized (this) {
                some = pieces > 0 && !over;
                over = true;
                held.clear();
            }
            if (some) {
                Intake.this.discard(id, part);
            }
        }

        private Mono<Void> write(List<byte[]> next) {
            int from;
            synchronized (this) {
                if (over) {
                    return Mono.never(); // its caller has gone
                }
                from = pieces;
                pieces += next.size();
                if (part == 0) {
                    requests.add(id);
                }
            }
            Mono<Integer> begin =
                    from > 0 ? Mono.just(0) : workers.run(() -> database.update(BEGIN, Rows.uuid(id), part, node));
            return begin.thenMany(Flux.range(0, next.size())
                            .concatMap(i -> workers.patiently(() -> database.first(
                                    WRITE, row -> Rows.flag(row, 0), Rows.uuid(id), part, from + i, next.get(i)))))
                    .flatMap(written -> written ? Mono.<Void>empty() : Mono.error(removed()))
                    .then()
                    .onErrorMap(Faults::told);
        }
    }
}
