package dev.sluice.events;

/**
 * A part of the answer to an attempt.
 *
 * @param bytes must not be modified
 * @param end the offset of its end in the answer
 * @param atTail whether nothing more is stored of the answer at present
 */
public record AnswerPart(byte[] bytes, long end, boolean atTail) {}
