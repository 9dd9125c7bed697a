package dev.sluice.planted.ingress.header;

import dev.sluice.planted.ingress.problem.LegalProblem;

/** A room that knows a lower one. */
public final class LegalReader {
    LegalProblem problem;
}
