package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobSpec;
import dev.sluice.job.JobState;
import dev.sluice.job.JobStatus;
import dev.sluice.journal.core.JobCodec;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Converts rows and parameters. */
final class Rows {

    /**
     * The number of columns of the statement parts {@code any} and {@code unfinished}; further columns start at this
     * index.
     */
    static final int WIDTH = 18;

    private Rows() {}

    /** Reads a job from the first {@link #WIDTH} columns. Columns are counted from 0 in this class. */
    static Job job(ResultSet row) throws SQLException {
        return job(row, 0);
    }

    static Job job(ResultSet row, int from) throws SQLException {
        int attempt = (int) number(row, from + 7);
        JobStatus status = JobStatus.builder(state(text(row, from + 4)), Instant.ofEpochMilli(number(row, from + 8)))
                .lastSeq(number(row, from + 5))
                .fence(number(row, from + 6))
                .attempt(attempt)
                .tries(attempt - (int) number(row, from + 14))
                .giveUpAt(instant(row, from + 15))
                .startedAt(instant(row, from + 9))
                .finishedAt(instant(row, from + 10))
                .failure(JobCodec.failure(optional(row, from + 11)))
                .progress(JobCodec.progress(optional(row, from + 12)))
                .result(JobCodec.resultInfo(optional(row, from + 13)))
                .awaiting(JobCodec.awaiting(optional(row, from + 16)))
                .parked(flag(row, from + 17))
                .build();
        JobSpec spec = JobCodec.spec(bytes(row, from + 3));
        return new Job(id(row, from), text(row, from + 2), number(row, from + 1), spec, status);
    }

    static String letter(JobState state) {
        return String.valueOf(JobCodec.letter(state));
    }

    /** Delayed jobs have a letter of their own in the database. */
    private static JobState state(String letter) {
        return letter.equals("d") ? JobState.QUEUED : JobCodec.state(letter.charAt(0));
    }

    static boolean isNull(ResultSet row, int column) throws SQLException {
        return row.getObject(column + 1) == null;
    }

    static JobId id(ResultSet row, int column) throws SQLException {
        UUID id = row.getObject(column + 1, UUID.class);
        if (id == null) {
            throw missing(column);
        }
        return new JobId(id.getMostSignificantBits(), id.getLeastSignificantBits());
    }

    static long number(ResultSet row, int column) throws SQLException {
        Long value = optionalNumber(row, column);
        if (value == null) {
            throw missing(column);
        }
        return value;
    }

    static @Nullable Long optionalNumber(ResultSet row, int column) throws SQLException {
        long value = row.getLong(column + 1);
        return row.wasNull() ? null : (Long) value;
    }

    static @Nullable Instant instant(ResultSet row, int column) throws SQLException {
        Long millis = optionalNumber(row, column);
        return millis == null ? null : Instant.ofEpochMilli(millis);
    }

    static String text(ResultSet row, int column) throws SQLException {
        String value = row.getString(column + 1);
        if (value == null) {
            throw missing(column);
        }
        return value;
    }

    static byte[] bytes(ResultSet row, int column) throws SQLException {
        byte[] value = optional(row, column);
        if (value == null) {
            throw missing(column);
        }
        return value;
    }

    static byte @Nullable [] optional(ResultSet row, int column) throws SQLException {
        return row.getBytes(column + 1);
    }

    /** Reads an array of strings; none if it is null. */
    static List<String> texts(ResultSet row, int column) throws SQLException {
        Array array = row.getArray(column + 1);
        return array == null ? List.of() : List.of((String[]) array.getArray());
    }

    static boolean flag(ResultSet row, int column) throws SQLException {
        return row.getBoolean(column + 1); // false if it is null
    }

    static UUID uuid(JobId id) {
        return new UUID(id.high(), id.low());
    }

    static UUID[] uuids(Collection<JobId> ids) {
        return ids.stream().map(Rows::uuid).toArray(UUID[]::new);
    }

    static @Nullable Long millis(@Nullable Instant instant) {
        return instant == null ? null : instant.toEpochMilli();
    }

    private static IllegalStateException missing(int column) {
        return new IllegalStateException("column " + column + " is null");
    }
}
