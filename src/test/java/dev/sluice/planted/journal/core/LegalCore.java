package dev.sluice.planted.journal.core;

import dev.sluice.planted.journal.LegalPort;

/** What adapters share. */
public final class LegalCore {
    LegalPort port = null;
}
