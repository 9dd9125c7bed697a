package dev.sluice.job;

import org.jspecify.annotations.Nullable;

/**
 * The progress of the latest attempt as reported by its backend.
 *
 * @param percent 0 to 100, if reported
 * @param message what it is doing, if reported
 * @param outputs the number of output events since the job's latest event of another kind
 */
public record Progress(@Nullable Double percent, @Nullable String message, long outputs) {

    /** The longest message, in characters. */
    public static final int LONGEST_MESSAGE = 500;

    /** Creates progress just reported, with no output after it. */
    public Progress(@Nullable Double percent, @Nullable String message) {
        this(percent, message, 0);
    }

    public Progress {
        if (percent != null && !(percent >= 0 && percent <= 100)) {
            throw new IllegalArgumentException("not a percentage: " + percent);
        }
        if (message != null && message.codePointCount(0, message.length()) > LONGEST_MESSAGE) {
            throw new IllegalArgumentException("a message of " + message.length() + " characters");
        }
        percent = percent == null ? null : percent + 0.0; // there is one zero
    }

    /** The progress after one more output. */
    static Progress output(@Nullable Progress before) {
        return before == null
                ? new Progress(null, null, 1)
                : new Progress(before.percent, before.message, before.outputs + 1);
    }
}
