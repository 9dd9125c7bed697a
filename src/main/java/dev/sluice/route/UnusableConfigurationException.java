package dev.sluice.route;

import org.jspecify.annotations.Nullable;

/** The configuration as it is now cannot be used. The message is the one with which a start would be refused. */
public final class UnusableConfigurationException extends RuntimeException {

    private final String summary;

    /**
     * Makes the exception.
     *
     * @param message for the log
     * @param summary for answers: names no file and no value, which may be a credential under a misspelled key
     */
    public UnusableConfigurationException(String message, String summary, @Nullable Throwable cause) {
        super(message, cause);
        this.summary = summary;
    }

    /** What is wrong, as it may be told over HTTP. */
    public String summary() {
        return summary;
    }
}
