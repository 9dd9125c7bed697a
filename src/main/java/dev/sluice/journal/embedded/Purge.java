package dev.sluice.journal.embedded;

import dev.sluice.job.JobId;
import dev.sluice.journal.JournalUnavailableException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Removes the due rows of a table ordered by time, in steps with pauses between them. Each step resumes where the last
 * one ended, because scanning over deleted rows is slow.
 */
final class Purge {

    private static final Logger log = LoggerFactory.getLogger(Purge.class);

    private static final int ROWS_AT_ONCE = 128;

    /** The minimum pause; otherwise as long as the previous step. On two cores, 20,000 to 25,000 jobs a second. */
    private static final long SHORTEST_REST = Duration.ofMillis(3).toNanos();

    private static final long LONGEST_REST = Duration.ofMillis(15).toNanos();

    /** The overlap of a run with the previous one, for rows written in between. */
    private static final long OVERLAP = Duration.ofHours(1).toMillis();

    private final Table table;
    private final Store main;
    private final Queries queries;
    private final Writer writer;
    private final JobEraser eraser;
    private volatile long reached;

    /**
     * Creates a purge that has removed nothing.
     *
     * @param table {@link Table#EXPIRY} to erase jobs, {@link Table#TOMBSTONES} to bury them
     */
    Purge(Table table, Store main, Queries queries, Writer writer, JobEraser eraser) {
        this.table = table;
        this.main = main;
        this.queries = queries;
        this.writer = writer;
        this.eraser = eraser;
    }

    /** Removes all due rows; emits after each step how many jobs it erased. */
    Flux<Long> until(Instant due) {
        long millis = Math.max(0, due.toEpochMilli());
        return Mono.defer(() -> step(Keys.number(Math.max(0, reached - OVERLAP)), millis))
                .expand(last ->
                        last.next == null ? Mono.empty() : Mono.delay(last.rest).then(step(last.next, millis)))
                .map(last -> last.erased)
                .doOnComplete(() -> reached = millis);
    }

    /**
     * A step that was written.
     *
     * @param next where the next one begins, null if there is none
     * @param rest the pause before it
     */
    private record Step(long erased, byte @Nullable [] next, Duration rest) {}

    private Mono<Step> step(byte[] from, long millis) {
        return queries.read(() -> submitted(from, millis)).flatMap(written -> written);
    }

    /** Prepares a step and submits it at once; the writer then owns it. */
    private Mono<Step> submitted(byte[] from, long millis) {
        long begin = System.nanoTime();
        PurgeChange step = new PurgeChange(main.batch(), writer, eraser);
        byte[] next;
        try {
            next = fill(step, from, millis);
        } catch (RuntimeException e) {
            step.close();
            throw e;
        }
        writer.submit(step);
        long took = System.nanoTime() - begin;
        Duration rest = Duration.ofNanos(Math.max(SHORTEST_REST, Math.min(LONGEST_REST, took)));
        return step.outcome().map(written -> new Step(written.erased(), next, rest));
    }

    private byte @Nullable [] fill(PurgeChange step, byte[] from, long millis) {
        List<byte[]> rows = new ArrayList<>();
        main.scan(table, from, Keys.number(millis + 1), (row, nothing) -> rows.add(row) && rows.size() < ROWS_AT_ONCE);
        for (byte[] row : rows) {
            if (step.changes() >= JobEraser.ROWS_AT_ONCE) {
                return row;
            }
            add(row, step);
        }
        return rows.size() < ROWS_AT_ONCE ? null : Keys.after(rows.get(rows.size() - 1));
    }

    private void add(byte[] row, PurgeChange step) {
        JobId id = Keys.expiring(row);
        if (table == Table.TOMBSTONES) {
            step.delete(Table.DONE, Keys.job(id));
            step.delete(table, row);
            return;
        }
        try {
            byte[] done = main.get(Table.DONE, Keys.job(id));
            if (done == null || done.length == 0) {
                step.delete(table, row);
                return;
            }
            JobHead head = JobHead.of(id, done);
            step.erase(head, head.key().length == 0 ? null : main.get(Table.KEYS, head.key()));
        } catch (JournalUnavailableException e) {
            log.error("Job {} cannot be read and is not erased: {}", id, e.getMessage());
        }
    }
}
