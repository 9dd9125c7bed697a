package dev.sluice.management;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.sluice.job.JobId;
import dev.sluice.representation.ProblemDocument;
import dev.sluice.representation.ProblemException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What became of a page of failed jobs.
 *
 * @param matched how many the page had
 * @param redriven how many new jobs were made
 * @param jobs those; of a dry run, the failed ones that were found
 * @param withoutCredentials how many lack the credentials of the failed job; null for none
 * @param next the cursor with which the next page begins; null if this was the last
 * @param stopped why the rest of the page was left; null if it was not
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record RedriveReport(
        int matched,
        int redriven,
        List<String> jobs,
        @Nullable Integer withoutCredentials,
        @Nullable String next,
        @Nullable ProblemDocument stopped) {

    static RedriveReport of(
            int matched,
            List<JobId> jobs,
            int redriven,
            int incomplete,
            @Nullable JobId next,
            @Nullable ProblemException stopped) {
        return new RedriveReport(
                matched,
                redriven,
                jobs.stream().map(JobId::toString).toList(),
                incomplete > 0 ? incomplete : null,
                next == null ? null : Cursor.of(next),
                stopped == null ? null : ProblemDocument.of(stopped.failure()));
    }
}
