package dev.sluice.planted.journal.embedded;

import dev.sluice.planted.job.LegalNoun;
import dev.sluice.planted.journal.LegalPort;
import dev.sluice.planted.journal.core.LegalCore;

/** Breaks no rule. */
public final class LegalAdapter implements LegalPort {
    LegalCore core = new LegalCore();

    @Override
    public LegalNoun find() {
        return new LegalNoun();
    }
}
