package dev.sluice.loadtest.scenario;

/** A command that makes no sense. The message says what is wrong and what was expected. */
public final class UsageException extends RuntimeException {

    public UsageException(String message) {
        super(message);
    }
}
