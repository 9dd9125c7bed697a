package dev.sluice.planted.ingress;

import dev.sluice.planted.backend.LegalBackend;

/** Takes the arrow that only synchronous routes would need. */
public final class CallsBackend {
    LegalBackend backend;
}
