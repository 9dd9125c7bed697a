package dev.sluice.job;

/**
 * A piece of a streamed answer, as events carry it.
 *
 * @param text whether the content is the piece itself; else it is the base 64 of it
 * @param content characters, none of them cut in the middle
 */
public record Output(boolean text, String content) {}
