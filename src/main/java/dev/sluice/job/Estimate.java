package dev.sluice.job;

import java.time.Instant;

/** When a job is expected to start and to finish (RFC 9110, 15.3.3: what a 202 should let its reader know). */
public record Estimate(Instant startAt, Instant finishAt) {}
