package dev.sluice.planted.demo;

/** Breaks no rule. */
public final class LegalDemo {}
