package dev.sluice.planted.backend;

import dev.sluice.planted.job.LegalNoun;

/** Breaks no rule. */
public final class LegalBackend {
    LegalNoun job;
}
