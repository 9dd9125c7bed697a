package dev.sluice.planted.ingress.problem;

/** A room that knows nobody. */
public final class LegalProblem {}
