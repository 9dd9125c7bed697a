package dev.sluice.planted.dispatch;

import dev.sluice.planted.backend.LegalBackend;
import dev.sluice.planted.job.LegalNoun;
import dev.sluice.planted.journal.LegalPort;

/** Breaks no rule. */
public final class LegalDispatcher {
    LegalNoun job;
    LegalPort journal;
    LegalBackend backend;
}
