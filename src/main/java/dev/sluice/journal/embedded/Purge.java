package dev.sluice.journal.embedded;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;
import reactor.core.publisher.Mono;

/**
 * Erases row by row what is due of a table that is ordered by time, in groups that leave room for others between them. Each
 * step goes on where the last one ended: what was deleted is passed over slowly, and a million rows are many steps.
 */
final class Purge {

    private static final int ROWS_AT_ONCE = 128;

    /** Between two steps, in which others have the writer and the disk for themselves. */
    private static final Duration PAUSE = Duration.ofMillis(4);

    /** A run begins that much before the end of the last one, for rows that were written meanwhile. */
    private static final long OVERLAP = Duration.ofHours(1).toMillis();

    private final Table table;
    private final Queries queries;
    private final Function<List<byte[]>, Mono<Integer>> erase;
    private volatile long reached;

    Purge(Table table, Queries queries, Function<List<byte[]>, Mono<Integer>> erase) {
        this.table = table;
        this.queries = queries;
        this.erase = erase;
    }

    /** Erases all that is due; completes with how many rows led to something that was still to erase. */
    Mono<Long> until(Instant due) {
        long millis = due.toEpochMilli();
        return step(Keys.number(Math.max(0, reached - OVERLAP)), millis)
                .expand(last -> last.isLast() ? Mono.empty() : Mono.delay(PAUSE).then(step(last.next(), millis)))
                .reduce(0L, (sum, one) -> sum + one.erased())
                .doOnSuccess(sum -> reached = millis);
    }

    private Mono<Step> step(byte[] from, long millis) {
        return queries.due(table, from, millis, ROWS_AT_ONCE)
                .flatMap(rows -> rows.isEmpty()
                        ? Mono.just(new Step(rows, 0))
                        : erase.apply(rows).map(erased -> new Step(rows, erased)));
    }

    /** One group: the rows that were due, and how many of them nobody else had erased meanwhile. */
    private record Step(List<byte[]> rows, int erased) {

        boolean isLast() {
            return rows.size() < ROWS_AT_ONCE;
        }

        byte[] next() {
            return Keys.after(rows.get(rows.size() - 1));
        }
    }
}
