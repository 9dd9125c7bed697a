package dev.sluice.job;

import org.jspecify.annotations.Nullable;

/**
 * How far the latest attempt has come, as its backend says.
 *
 * @param percent 0 to 100, if it says
 * @param message what it is doing, if it says
 * @param outputs how many pieces of the answer were told since the job's latest event of another kind
 */
public record Progress(@Nullable Double percent, @Nullable String message, long outputs) {

    /** The longest message, in characters. */
    public static final int LONGEST_MESSAGE = 500;

    /** What a backend said just now. */
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

    /** After one output more. */
    static Progress output(@Nullable Progress before) {
        return before == null
                ? new Progress(null, null, 1)
                : new Progress(before.percent, before.message, before.outputs + 1);
    }
}
