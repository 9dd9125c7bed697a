package dev.sluice.planted.ingress;

import dev.sluice.planted.backend.LegalBackend;

/** Takes the one arrow that synchronous routes need. */
public final class LegalPassThrough {
    LegalBackend backend;
}
