package dev.sluice.planted.journal.embedded;

import dev.sluice.planted.job.LegalNoun;
import dev.sluice.planted.journal.LegalPort;

/** Breaks no rule. */
public final class LegalAdapter implements LegalPort {
    @Override
    public LegalNoun find() {
        return new LegalNoun();
    }
}
