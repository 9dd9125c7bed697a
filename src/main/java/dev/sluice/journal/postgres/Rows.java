package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import io.r2dbc.spi.Row;
import java.time.Instant;
import java.util.Collection;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reads rows, and writes what stands for parts of them. */
final class Rows {

    /** How many columns the parts {@code any} and {@code unfinished} of the statements are: what follows them begins there. */
    static final int WIDTH = 14;

    private Rows() {}

    /** The job of the first {@link #WIDTH} columns. */
    static Job job(Row row) {
        return job(row, 0);
    }

    static Job job(Row row, int from) {
        Codec.Standing standing = new Codec.Standing(
                Codec.state(text(row, from + 4)),
                number(row, from + 5),
                number(row, from + 6),
                (int) number(row, from + 7),
                Instant.ofEpochMilli(number(row, from + 8)),
                instant(row, from + 9),
                instant(row, from + 10),
                Codec.failure(row.get(from + 11, byte[].class)),
                Codec.progress(row.get(from + 12, byte[].class)),
                Codec.answer(row.get(from + 13, byte[].class)));
        return Codec.job(id(row, from), number(row, from + 1), text(row, from + 2), bytes(row, from + 3), standing);
    }

    static JobId id(Row row, int column) {
        UUID id = row.get(column, UUID.class);
        if (id == null) {
            throw missing(column);
        }
        return new JobId(id.getMostSignificantBits(), id.getLeastSignificantBits());
    }

    static long number(Row row, int column) {
        Number value = row.get(column, Number.class);
        if (value == null) {
            throw missing(column);
        }
        return value.longValue();
    }

    static @Nullable Instant instant(Row row, int column) {
        Long millis = row.get(column, Long.class);
        return millis == null ? null : Instant.ofEpochMilli(millis);
    }

    static String text(Row row, int column) {
        String value = row.get(column, String.class);
        if (value == null) {
            throw missing(column);
        }
        return value;
    }

    static byte[] bytes(Row row, int column) {
        byte[] value = row.get(column, byte[].class);
        if (value == null) {
            throw missing(column);
        }
        return value;
    }

    static boolean flag(Row row, int column) {
        return Boolean.TRUE.equals(row.get(column, Boolean.class));
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
