package dev.sluice.journal.postgres;

import dev.sluice.job.JobId;
import dev.sluice.journal.core.Body;
import dev.sluice.journal.core.Fingerprint;
import dev.sluice.journal.core.PieceBuffer;
import io.r2dbc.spi.Statement;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.UUID;
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

    static final String BEGIN = "insert into receiving (job, part, node) values ($1, $2, $3) on conflict do nothing";

    /**
     * May be done twice. Only while the body is still coming in, and locked, so that whoever removes it either sees this piece
     * or keeps it from being written. Pieces that are part of an outcome are not touched, should its claimant begin once more.
     */
    static final String WRITE = """
            with r as (select from receiving where job = $1 and part = $2 for key share)
            insert into piece (job, part, n, bytes) select $1, $2, $3, $4 from r
             where not exists (select from outcome o where o.id = $1 and o.fence = $2 and o.result is not null)
            on conflict (job, part, n) do update set bytes = excluded.bytes""";

    /** Whoever removes this row decides what becomes of the pieces: a job that is accepted does, too. */
    private static final String DONE = "delete from receiving where job = $1 and part = $2";

    private static final String DISCARD = """
            delete from piece p where p.job = $1 and p.part = $2
               and not exists (select from job j where j.id = $1 and $2 = 0)
               and not exists (select from outcome o where o.id = $1 and o.fence = $2 and o.result is not null)""";

    private final Database database;
    private final UUID node;
    private final Sinks.Empty<byte[]> closing = Sinks.empty();
    private final Set<JobId> requests = ConcurrentHashMap.newKeySet();

    Intake(Database database, UUID node) {
        this.database = database;
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
        run(database.update(DONE, statement -> bind(statement, id, part)), id);
    }

    /**
     * Removes the pieces of a body that belongs to no job. In two statements, because only what begins after the row is gone
     * sees all that was written before.
     */
    void discard(JobId id, long part) {
        run(
                database.transaction(connection -> Database.update(
                                connection, DONE, statement -> bind(statement, id, part))
                        .filter(rows -> rows > 0)
                        .flatMap(ours -> Database.update(connection, DISCARD, statement -> bind(statement, id, part)))),
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

    private static Statement bind(Statement statement, JobId id, long part) {
        return statement.bind("$1", Rows.uuid(id)).bind("$2", part);
    }

    /** Nobody waits for it: should it fail, it is done with the next {@link Upkeep clearing up}. */
    private static void run(Mono<Long> work, JobId id) {
        work.subscribe(
                rows -> {}, error -> log.debug("Pieces of job {} are cleared up later: {}", id, error.getMessage()));
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
            Mono<Long> begin = from > 0
                    ? Mono.just(0L)
                    : database.update(
                            BEGIN,
                            statement -> statement
                                    .bind("$1", Rows.uuid(id))
                                    .bind("$2", part)
                                    .bind("$3", node));
            return begin.thenMany(Flux.range(0, next.size())
                            .concatMap(i -> database.patiently(database.update(
                                    WRITE,
                                    statement -> statement
                                            .bind("$1", Rows.uuid(id))
                                            .bind("$2", part)
                                            .bind("$3", from + i)
                                            .bind("$4", java.nio.ByteBuffer.wrap(next.get(i)))))))
                    .then()
                    .onErrorMap(Reads::unavailable);
        }
    }
}
