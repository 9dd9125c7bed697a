package dev.sluice.planted.job;

/** Breaks no rule. */
public final class LegalNoun {}
