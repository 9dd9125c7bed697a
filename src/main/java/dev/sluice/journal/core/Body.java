package dev.sluice.journal.core;

/**
 * Where the bytes of a body are: with their head if they are few, else in numbered pieces.
 *
 * @param size bytes in all
 * @param pieces how many pieces; 0 if the bytes are with the head
 * @param inline the bytes if they are with the head, else empty
 */
public record Body(long size, int pieces, byte[] inline) {}
