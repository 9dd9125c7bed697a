package dev.sluice.route;

import org.jspecify.annotations.Nullable;

/** The configuration as it is now cannot be used. The message is the one with which a start would be refused. */
public final class UnusableConfigurationException extends RuntimeException {

    public UnusableConfigurationException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
