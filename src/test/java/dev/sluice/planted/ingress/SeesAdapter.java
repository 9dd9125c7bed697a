package dev.sluice.planted.ingress;

import dev.sluice.planted.journal.embedded.LegalAdapter;

/** A lower level, but an adapter. */
public final class SeesAdapter {
    LegalAdapter adapter;
}
