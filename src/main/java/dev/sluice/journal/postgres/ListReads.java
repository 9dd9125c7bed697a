package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.journal.JobFilter;
import dev.sluice.journal.JobPage;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads pages of the list of all jobs. */
final class ListReads {

    private static final int ROWS_LOOKED_AT = 10_000;

    static final String LIST = Sql.of("list");

    private final Database database;

    ListReads(Database database) {
        this.database = database;
    }

    private record Listed(
            @Nullable Job job, long looked, @Nullable JobId last) {}

    JobPage page(JobFilter filter, int limit, @Nullable JobId before) {
        if (limit < 1) {
            throw new IllegalArgumentException("a page has at least one job, not " + limit);
        }
        JobId end = filter.end(before);
        boolean any = filter.route() == null && filter.state() == null;
        int wanted = (int) Math.min(ROWS_LOOKED_AT, limit + 1L);
        int looked = any ? wanted : ROWS_LOOKED_AT;
        List<Listed> listed = database.read(
                LIST,
                ListReads::listed,
                end == null ? null : Rows.uuid(end),
                Rows.uuid(filter.lowest()),
                looked,
                filter.route(),
                filter.state() == null ? null : Rows.letter(filter.state()),
                wanted);
        return page(listed, limit, looked);
    }

    private static Listed listed(ResultSet row) throws SQLException {
        return new Listed(
                Rows.isNull(row, 0) ? null : Rows.job(row),
                Rows.number(row, Rows.WIDTH),
                Rows.isNull(row, Rows.WIDTH + 1) ? null : Rows.id(row, Rows.WIDTH + 1));
    }

    private static JobPage page(List<Listed> listed, int limit, int rows) {
        List<Job> jobs = new ArrayList<>();
        for (Listed one : listed) {
            if (one.job() != null) {
                jobs.add(one.job());
            }
        }
        if (jobs.size() > limit) {
            List<Job> page = jobs.subList(0, limit);
            return new JobPage(page, page.get(limit - 1).id());
        }
        boolean more = !listed.isEmpty() && listed.get(0).looked() == rows;
        return new JobPage(jobs, more ? listed.get(0).last() : null);
    }
}
