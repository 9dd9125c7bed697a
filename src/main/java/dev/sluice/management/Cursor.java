package dev.sluice.management;

import dev.sluice.job.JobId;
import dev.sluice.representation.ProblemException;
import java.util.Base64;

/** Opaque cursors of the list of jobs: the id of the last job of a page. */
final class Cursor {

    private Cursor() {}

    static String of(JobId id) {
        byte[] bytes = new byte[JobId.BYTES];
        id.writeTo(bytes, 0);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /**
     * Parses a cursor.
     *
     * @throws ProblemException {@code bad-request} if {@link #of} did not make it
     */
    static JobId parse(String text) {
        try {
            byte[] bytes = Base64.getUrlDecoder().decode(text);
            if (bytes.length == JobId.BYTES) {
                JobId id = JobId.fromBytes(bytes, 0);
                if (of(id).equals(text)) {
                    return id;
                }
            }
        } catch (IllegalArgumentException e) {
            // the same problem as for a cursor of another length
        }
        throw ManagementProblems.parameter("cursor", "is none that a list gave; begin again without it");
    }
}
