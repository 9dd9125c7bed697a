package dev.sluice.loadtest.report;

/**
 * A phase of a run, from and to in seconds since the run began.
 */
public record Stretch(String name, double from, double to) {}
