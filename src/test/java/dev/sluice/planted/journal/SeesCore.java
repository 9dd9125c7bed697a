package dev.sluice.planted.journal;

import dev.sluice.planted.journal.core.LegalCore;

/** A port that knows what its adapters share. */
public final class SeesCore {
    LegalCore core = new LegalCore();
}
