package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.ResultInfo;
import dev.sluice.journal.Answer;
import dev.sluice.journal.JobErasedException;
import dev.sluice.journal.StoredRequest;
import dev.sluice.journal.StoredResult;
import dev.sluice.journal.WorkQueue;
import dev.sluice.journal.core.Body;
import dev.sluice.journal.core.BodyIntake;
import dev.sluice.journal.core.BodyName;
import dev.sluice.journal.core.Bytes;
import dev.sluice.journal.core.ClaimedRequests;
import dev.sluice.journal.core.JobCodec;
import dev.sluice.journal.core.ReceivedResponse;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Reads requests and what backends answered, whose bodies are read part by part as they are asked for. */
final class BodyReads {

    static final String RESULT = Sql.of("result");

    static final String ANSWERED = Sql.of("answered");

    static final String REQUEST = Sql.of("request");

    static final String PIECE = Sql.of("piece");

    private final Database database;
    private final Workers bodies;
    private final ClaimedRequests requests;
    private final OutputReads output;

    /**
     * Creates the reads.
     *
     * @param bodies the workers for pieces of bodies
     */
    BodyReads(Database database, Workers bodies, ClaimedRequests requests) {
        this.database = database;
        this.bodies = bodies;
        this.requests = requests;
        this.output = new OutputReads(database, bodies);
    }

    @Nullable
    StoredRequest request(JobId id) {
        ClaimedRequests.Columns known = requests.take(id);
        ClaimedRequests.Columns packed = known != null
                ? known
                : database.first(
                        REQUEST,
                        row -> new ClaimedRequests.Columns(Rows.bytes(row, 0), Rows.optional(row, 1)),
                        Rows.uuid(id));
        if (packed == null) {
            return null;
        }
        JobCodec.RequestEntry stored = JobCodec.request(packed.request());
        Body body = stored.body();
        return new StoredRequest(packed.head(stored), body.size(), body(id, 0, body, 0));
    }

    @Nullable
    StoredResult result(JobId id) {
        Answer stored = stored(id);
        return stored == null ? null : new StoredResult(stored.head(), stored.size(), stored.bodyFrom());
    }

    @Nullable
    Answer answer(JobId id) {
        Answer streaming = output.streaming(id);
        return streaming == null ? stored(id) : streaming;
    }

    private @Nullable Answer stored(JobId id) {
        return database.first(RESULT, row -> stored(id, row), Rows.uuid(id));
    }

    private Answer stored(JobId id, ResultSet row) throws SQLException {
        long part = Rows.number(row, 0);
        JobCodec.ResultEntry stored = JobCodec.result(Rows.bytes(row, 1), part);
        int attempt = (int) Rows.number(row, 3);
        if (stored.isStreamed()) {
            ResultInfo info = JobCodec.resultInfo(Rows.optional(row, 2));
            long size = info == null ? 0 : info.size();
            return new Answer(stored.head(), attempt, size, true, from -> output.body(id, stored.first(), size, from));
        }
        Body body = stored.body();
        return new Answer(stored.head(), attempt, body.size(), true, from -> body(id, part, body, from));
    }

    WorkQueue.@Nullable Completed answered(Job claimed) {
        return database.first(
                ANSWERED,
                row -> {
                    long part = Rows.number(row, 0);
                    JobCodec.ResultEntry stored = JobCodec.result(Rows.bytes(row, 1), part);
                    BodyName name = new BodyName(claimed.id(), part);
                    return new WorkQueue.Completed(
                            stored.head(), new ReceivedResponse(name, claimed.fence(), stored.body()));
                },
                Rows.uuid(claimed.id()),
                claimed.fence());
    }

    /** Reads a body from an offset on, one piece at a time on demand. */
    private Flux<byte[]> body(JobId id, long part, Body body, long from) {
        if (from >= body.size()) {
            return Flux.empty();
        } else if (body.pieces() == 0) {
            return body.size() == 0 ? Flux.empty() : Bytes.skip(Flux.just(body.inline()), from);
        }
        int first = (int) (from / BodyIntake.PIECE);
        Flux<byte[]> pieces = Flux.range(first, body.pieces() - first)
                .concatMap(n -> piece(id, part, n), 0)
                .onErrorMap(Faults::told);
        return Bytes.skip(pieces, from % BodyIntake.PIECE);
    }

    private Mono<byte[]> piece(JobId id, long part, int n) {
        return bodies.patiently(() -> database.first(PIECE, row -> Rows.bytes(row, 0), Rows.uuid(id), part, n))
                .switchIfEmpty(Mono.error(JobErasedException::new));
    }
}
