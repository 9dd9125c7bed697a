package dev.sluice.job;

/**
 * Why an attempt or a job failed: a problem and what can be said of this occurrence.
 *
 * @param problem the kind
 * @param detail what was wrong, what was expected and what to do, for a person; no class name, path or secret
 */
public record Failure(Problem problem, String detail) {}
