package dev.sluice.job;

/**
 * A piece of a streamed answer, as events carry it.
 *
 * @param text whether the content is the piece itself; else it is the base 64 of it
 * @param content characters, none of them cut in the middle
 * @param attempt the attempt whose answer it is of; 0 if that was not noted
 * @param offset how many bytes of that answer came before it
 */
public record Output(boolean text, String content, int attempt, long offset) {

    /** One of which was not noted where it belongs, as versions before this one stored them. */
    public Output(boolean text, String content) {
        this(text, content, 0, 0);
    }
}
