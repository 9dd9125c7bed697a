package dev.sluice.job;

import org.jspecify.annotations.Nullable;

/**
 * How far the latest attempt has come, as its backend says.
 *
 * @param percent 0 to 100, if it says
 * @param message what it is doing, if it says
 */
public record Progress(@Nullable Double percent, @Nullable String message) {

    /** The longest message, in characters. */
    public static final int LONGEST_MESSAGE = 500;

    public Progress {
        if (percent != null && !(percent >= 0 && percent <= 100)) {
            throw new IllegalArgumentException("not a percentage: " + percent);
        }
        if (message != null && message.codePointCount(0, message.length()) > LONGEST_MESSAGE) {
            throw new IllegalArgumentException("a message of " + message.length() + " characters");
        }
        percent = percent == null ? null : percent + 0.0; // there is one zero
    }
}
