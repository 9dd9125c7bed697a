package dev.sluice.journal;

import org.jspecify.annotations.Nullable;

/** The journal cannot write or read at present, or cannot be opened. The message is for the operator, not for clients. */
public final class JournalUnavailableException extends RuntimeException {

    public JournalUnavailableException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
