package dev.sluice.management;

import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.journal.JobFilter;
import dev.sluice.representation.ProblemException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.springframework.web.util.UriUtils;

/**
 * A query for a page of the list of jobs.
 *
 * @param limit the largest number of jobs in the page
 * @param before the last job of the page before; null for the first page
 */
record JobQuery(JobFilter filter, int limit, @Nullable JobId before) {

    /** The names of the query parameters. */
    static final String[] PARAMETERS = {"route", "state", "from", "to", "limit", "cursor"};

    private static final int DEFAULT_LIMIT = 100;
    private static final int HIGHEST_LIMIT = 1000;

    /**
     * Parses the query parameters.
     *
     * @throws ProblemException {@code bad-request} naming the parameter that cannot be used
     */
    static JobQuery of(Parameters parameters) {
        String cursor = parameters.text("cursor");
        return new JobQuery(
                filter(parameters),
                parameters.number("limit", DEFAULT_LIMIT, HIGHEST_LIMIT),
                cursor == null ? null : Cursor.parse(cursor));
    }

    /** Which jobs the query parameters select. */
    static JobFilter filter(Parameters parameters) {
        return new JobFilter(
                parameters.text("route"), parameters.state(), parameters.instant("from"), parameters.instant("to"));
    }

    /** The same query for jobs of that state. */
    JobQuery of(JobState state) {
        return new JobQuery(filter.of(state), limit, before);
    }

    /** The URL of the next page. */
    String next(String path, JobId last) {
        StringBuilder url = new StringBuilder(path).append("?limit=").append(limit);
        JobState state = filter.state();
        append(url, "route", filter.route());
        append(url, "state", state == null ? null : state.text());
        append(url, "from", text(filter.from()));
        append(url, "to", text(filter.to()));
        append(url, "cursor", Cursor.of(last));
        return url.toString();
    }

    private static void append(StringBuilder url, String name, @Nullable String value) {
        if (value != null) {
            url.append('&').append(name).append('=').append(UriUtils.encode(value, StandardCharsets.UTF_8));
        }
    }

    private static @Nullable String text(@Nullable Instant instant) {
        return instant == null ? null : instant.toString();
    }
}
