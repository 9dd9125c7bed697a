package dev.sluice.planted.ingress.problem;

import dev.sluice.planted.ingress.header.LegalReader;

/** A room that knows a higher one. */
final class SeesHigherRoom {
    LegalReader reader;
}
