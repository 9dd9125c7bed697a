package dev.sluice.job;

/**
 * The head of what the backend finally answered.
 *
 * @param status the status code
 * @param headers the end-to-end fields
 */
public record JobResult(int status, Headers headers) {}
