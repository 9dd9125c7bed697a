package dev.sluice.planted.journal.core;

import dev.sluice.planted.journal.embedded.LegalAdapter;

/** A core that knows what is built on it. */
public final class SeesEngine {
    LegalAdapter adapter = new LegalAdapter();
}
