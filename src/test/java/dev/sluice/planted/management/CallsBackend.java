package dev.sluice.planted.management;

import dev.sluice.planted.backend.LegalBackend;

/** Takes an arrow that the levels allow and the flow does not have. */
public final class CallsBackend {
    LegalBackend backend;
}
