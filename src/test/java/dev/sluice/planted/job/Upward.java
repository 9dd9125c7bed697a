package dev.sluice.planted.job;

import dev.sluice.planted.journal.LegalPort;

/** Level 0 that knows level 1. */
public final class Upward {
    LegalPort journal;
}
