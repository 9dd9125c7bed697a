package dev.sluice.journal.postgres;

import dev.sluice.job.JobId;
import dev.sluice.journal.Answer;
import dev.sluice.journal.JobErasedException;
import dev.sluice.journal.core.JobCodec;
import dev.sluice.journal.core.OutputBlock;
import java.io.ByteArrayOutputStream;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Reads output as the body of a response. */
final class OutputReads {

    private final Database database;
    private final Workers bodies;

    /**
     * Creates an instance.
     *
     * @param bodies the workers for parts of bodies
     */
    OutputReads(Database database, Workers bodies) {
        this.database = database;
        this.bodies = bodies;
    }

    /** Returns what is stored of the response that is being streamed to a job; null if none is. */
    @Nullable
    Answer streaming(JobId id) {
        return database.first(
                OutputSql.ANSWER,
                row -> {
                    long first = Rows.number(row, 0);
                    long size = Rows.number(row, 3);
                    return new Answer(
                            JobCodec.resultHead(Rows.bytes(row, 2)),
                            (int) Rows.number(row, 1),
                            size,
                            false,
                            from -> body(id, first, size, from));
                },
                Rows.uuid(id));
    }

    /**
     * Reads a body from an offset on, one part at a time on demand.
     *
     * @param first the number of the first event of the response
     * @param size its bytes
     */
    Flux<byte[]> body(JobId id, long first, long size, long from) {
        if (from >= size) {
            return Flux.empty();
        }
        return begin(id, first, from)
                .flatMap(seq -> part(id, seq, from, size))
                .expand(part -> part.end() < size ? part(id, part.next(), part.end(), size) : Mono.empty())
                .map(Part::bytes)
                .onErrorMap(Faults::told);
    }

    private Mono<Long> begin(JobId id, long first, long from) {
        return from == 0
                ? Mono.just(first)
                : bodies.patiently(() ->
                                database.first(OutputSql.FIND, row -> Rows.number(row, 0), Rows.uuid(id), first, from))
                        .switchIfEmpty(Mono.error(JobErasedException::new));
    }

    /**
     * A part of a body.
     *
     * @param end the offset behind it
     * @param next the number of the first event behind it
     */
    private record Part(byte[] bytes, long end, long next) {}

    private Mono<Part> part(JobId id, long seq, long from, long size) {
        return bodies.patiently(
                () -> joined(database.read(OutputSql.PART, OutputReads::block, Rows.uuid(id), seq), from, size));
    }

    private static OutputBlock block(ResultSet row) throws SQLException {
        return OutputBlock.of(Rows.number(row, 0), Rows.bytes(row, 3), Instant.ofEpochMilli(Rows.number(row, 2)));
    }

    private static Part joined(List<OutputBlock> blocks, long from, long size) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        long end = from;
        long next = 0;
        for (OutputBlock block : blocks) {
            if (end >= size || block.offset() > end) {
                break; // the next one is of another attempt, or some are missing
            }
            byte[] more = block.bytes(end, size);
            bytes.writeBytes(more);
            end += more.length;
            next = block.last() + 1;
        }
        if (end == from) {
            throw new JobErasedException();
        }
        return new Part(bytes.toByteArray(), end, next);
    }
}
