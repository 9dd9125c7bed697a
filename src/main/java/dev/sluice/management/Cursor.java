package dev.sluice.management;

import dev.sluice.job.JobId;
import dev.sluice.representation.ProblemException;
import java.util.Base64;

/** Where a list goes on, in a form whose meaning is nobody's but ours. */
final class Cursor {

    private Cursor() {}

    static String of(JobId id) {
        byte[] bytes = new byte[JobId.BYTES];
        id.writeTo(bytes, 0);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /**
     * Reads what {@link #of} wrote.
     *
     * @throws ProblemException {@code bad-request} for anything else
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
            // falls through to the refusal, which says the same of all that is no cursor
        }
        throw ManagementProblems.parameter("cursor", "is none that a list gave; begin again without it");
    }
}
