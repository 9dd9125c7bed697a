package dev.sluice.management;

import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * Encodes the records of this package. With a mapper of its own, because the names and values are part of the HTTP contract
 * and must not follow {@code spring.jackson.*} settings. Jobs are encoded by {@link
 * dev.sluice.representation.JobJson}, as everywhere.
 */
final class ManagementJson {

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .build();
    private static final DateTimeFormatter MILLIS =
            new DateTimeFormatterBuilder().appendInstant(3).toFormatter(Locale.ROOT);

    private ManagementJson() {}

    static byte[] of(Record body) {
        return MAPPER.writeValueAsBytes(body);
    }

    /** An object with these members, in this order. */
    static byte[] of(Map<String, Object> members) {
        return MAPPER.writeValueAsBytes(members);
    }

    /** An instant of RFC 3339 in UTC with milliseconds. */
    static String text(Instant instant) {
        return MILLIS.format(instant);
    }
}
