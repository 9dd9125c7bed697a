package dev.sluice.planted.journal;

import dev.sluice.planted.journal.embedded.LegalAdapter;

/** A port that knows its adapter. */
public final class SeesAdapter {
    LegalPort port = new LegalAdapter();
}
