package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.journal.Lookup;
import dev.sluice.journal.core.GroupCommitter;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.MonoSink;

/** Reads the current versions of jobs, those of a batch in one statement. */
final class Finds implements Retrying.Try<Finds.Find> {

    static final String SQL = Sql.of("find", Map.of("counted", Positions.COUNTED));

    private final Database database;
    private final Positions positions;

    Finds(Database database, Positions positions) {
        this.database = database;
        this.positions = positions;
    }

    /** A pending read. */
    record Find(JobId id, MonoSink<Lookup> sink) implements GroupCommitter.Member {

        @Override
        public int weight() {
            return 128;
        }

        @Override
        public boolean refusable() {
            return true;
        }

        @Override
        public void failed(Throwable error) {
            sink.error(error);
        }
    }

    @Override
    public boolean isWorthATry(Database reading) {
        return reading.isReadable();
    }

    private record Found(JobId id, boolean erased, @Nullable Job job, long position) {}

    @Override
    public void carry(List<Find> batch, boolean again) {
        UUID[] ids = batch.stream().map(find -> Rows.uuid(find.id())).distinct().toArray(UUID[]::new);
        Positions.LaneHeads heads = positions.heads();
        tell(batch, database.rows(SQL, Finds::found, ids, heads.routes(), heads.turns(), heads.ranks()));
    }

    private static Found found(ResultSet row) throws SQLException {
        boolean none = Rows.isNull(row, 3);
        return new Found(
                Rows.id(row, 0), Rows.flag(row, 1), none ? null : Rows.job(row, 3), none ? 0 : Rows.number(row, 2));
    }

    private void tell(List<Find> batch, List<Found> all) {
        Map<JobId, Found> byId = new HashMap<>();
        all.forEach(found -> byId.put(found.id(), found));
        List<Find> asked = List.copyOf(batch);
        batch.clear();
        for (Find find : asked) {
            Found found = byId.get(find.id());
            if (found == null) {
                find.sink().success();
            } else if (found.job() != null) {
                find.sink().success(new Lookup.Known(found.job(), positions.told(found.job(), found.position())));
            } else if (found.erased()) {
                find.sink().success(new Lookup.Expired());
            } else {
                find.sink().success();
            }
        }
    }
}
