package dev.sluice.planted.journal;

import dev.sluice.planted.job.LegalNoun;

/** Breaks no rule. */
public interface LegalPort {
    LegalNoun find();
}
