package dev.sluice.planted.ingress.header;

import dev.sluice.planted.ingress.LegalPassThrough;

/** A room that knows the handlers above it. */
final class SeesHandler {
    LegalPassThrough handler;
}
