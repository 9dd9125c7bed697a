package dev.sluice.journal.postgres;

import dev.sluice.job.JobId;
import java.util.Map;

/**
 * Removes orphaned pieces of bodies and the output of erased jobs. A discarded or erased body is only marked in {@code receiving}, and removed here
 * some pieces at a time, whatever its size: by the caller that marked it, and by periodic cleanup. Blocks. Thread-safe.
 */
final class PieceSweep {

    /** 16 MB. */
    private static final int AT_ONCE = 256;

    private static final int OUTPUTS_AT_ONCE = 1_000;

    private static final int CHECKED = 5_000;

    static final String SWEEP = Sql.of("pieces-sweep");
    static final String CHECK = Sql.of("pieces-check", Map.of("most", CHECKED));

    static final String OUTPUTS_SWEEP = Sql.of("outputs-sweep");
    static final String OUTPUTS_CHECK = Sql.of("outputs-check", Map.of("most", CHECKED));

    private final Database database;
    private final StepSize size = new StepSize(AT_ONCE);
    private final StepSize outputs = new StepSize(OUTPUTS_AT_ONCE);
    private volatile Part checked = Part.FIRST;
    private volatile JobId checkedOutput = Part.FIRST.job();

    PieceSweep(Database database) {
        this.database = database;
    }

    private record Part(JobId job, long part) {
        static final Part FIRST = new Part(new JobId(0, 0), 0);
    }

    /** Removes all marked bodies, and the output of erased jobs. */
    void run() {
        size.steps(most -> swept(SWEEP, most));
        outputs.steps(most -> swept(OUTPUTS_SWEEP, most));
    }

    private long swept(String sql, int most) {
        return database.rows(sql, row -> Rows.number(row, 0) + Rows.number(row, 1), most).stream()
                .mapToLong(Long::longValue)
                .sum();
    }

    /** Searches for unmarked orphans, a part of the table at each call; there should be none. */
    void check() {
        Part from = checked;
        Part last = database.first(
                CHECK, row -> new Part(Rows.id(row, 0), Rows.number(row, 1)), Rows.uuid(from.job()), from.part());
        checked = last == null ? Part.FIRST : last;
        JobId lastOutput = database.first(OUTPUTS_CHECK, row -> Rows.id(row, 0), Rows.uuid(checkedOutput));
        checkedOutput = lastOutput == null ? Part.FIRST.job() : lastOutput;
    }
}
