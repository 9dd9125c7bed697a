package dev.sluice.journal;

/**
 * Whether the journal can write.
 *
 * @param up true if the last write succeeded or none was tried
 * @param detail for the operator: what failed, in words
 */
public record Health(boolean up, String detail) {}
