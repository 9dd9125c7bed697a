package dev.sluice.job;

/**
 * A piece of a streamed response, as carried by an event.
 *
 * @param text whether the content is the piece itself; otherwise it is its base64 form
 * @param content the characters; a surrogate pair is never split
 * @param attempt the attempt whose response it belongs to; 0 if unknown
 * @param offset its offset in bytes in that response
 */
public record Output(boolean text, String content, int attempt, long offset) {

    /** Creates a piece of unknown attempt and offset, as earlier versions stored them. */
    public Output(boolean text, String content) {
        this(text, content, 0, 0);
    }
}
