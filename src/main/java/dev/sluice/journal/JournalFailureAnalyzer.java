package dev.sluice.journal;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says in one message why the gateway does not start when its journal cannot be opened. */
final class JournalFailureAnalyzer extends AbstractFailureAnalyzer<JournalUnavailableException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, JournalUnavailableException cause) {
        return new FailureAnalysis(
                String.valueOf(cause.getMessage()), "Do what it says and start again; nothing was changed.", cause);
    }
}
