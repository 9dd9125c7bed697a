package dev.sluice.planted;

/** Does not belong into the root package. */
public final class Stray {}
