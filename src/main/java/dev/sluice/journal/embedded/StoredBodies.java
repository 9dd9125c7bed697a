package dev.sluice.journal.embedded;

import dev.sluice.job.JobId;
import dev.sluice.journal.JobErasedException;
import dev.sluice.journal.core.Body;
import dev.sluice.journal.core.BodyIntake;
import dev.sluice.journal.core.BodyName;
import dev.sluice.journal.core.Bytes;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Reads bodies, part by part as they are asked for. */
final class StoredBodies {

    private final Store main;
    private final Store bodies;
    private final Outputs outputs;
    private final Queries queries;

    StoredBodies(Store main, Store bodies, Outputs outputs, Queries queries) {
        this.main = main;
        this.bodies = bodies;
        this.outputs = outputs;
        this.queries = queries;
    }

    /** Reads the body of a request or of a response in pieces. */
    Flux<byte[]> received(BodyName name, Body body) {
        if (body.pieces() == 0) {
            return body.size() == 0 ? Flux.empty() : Flux.just(body.inline());
        }
        return pieces(name, 0, body.pieces());
    }

    /** Reads a body with pieces of equal size from an offset on. */
    Flux<byte[]> received(BodyName name, Body body, long from) {
        if (body.pieces() == 0) {
            return Bytes.skip(received(name, body), from);
        }
        int first = (int) (from / BodyIntake.PIECE);
        return Bytes.skip(pieces(name, first, body.pieces() - first), from % BodyIntake.PIECE);
    }

    private Flux<byte[]> pieces(BodyName name, int first, int count) {
        byte[] prefix = Keys.body(name);
        return Flux.range(first, count).concatMap(number -> queries.read(() -> piece(Keys.piece(prefix, number))), 1);
    }

    private byte[] piece(byte[] key) {
        byte[] piece = bodies.get(Table.PIECES, key);
        if (piece == null) {
            piece = main.get(Table.PIECES, key); // where earlier versions wrote them
        }
        if (piece == null) {
            throw new JobErasedException();
        }
        return piece;
    }

    /** Reads the body of a streamed response from an offset on, which is less than its size. */
    Flux<byte[]> streamed(JobId id, long first, long last, long from, long size) {
        return queries.read(() -> outputs.part(id, outputs.find(id, first, last, from), from, size))
                .expand(part -> part.end() < size
                        ? queries.read(() -> outputs.part(id, part.next(), part.end(), size))
                        : Mono.empty())
                .map(Outputs.Part::bytes);
    }
}
