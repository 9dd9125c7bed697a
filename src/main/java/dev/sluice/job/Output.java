package dev.sluice.job;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A piece of a streamed response, as carried by an event.
 *
 * @param text whether the bytes are UTF-8 text, which ends with a whole character
 * @param bytes the piece; must not be modified. Empty if it only says that the response has begun.
 * @param attempt the attempt whose response it belongs to; 0 if unknown
 * @param offset its offset in bytes in that response
 */
@SuppressWarnings("ArrayRecordComponent") // equality is by content
public record Output(boolean text, byte[] bytes, int attempt, long offset) {

    /** Creates a piece of text. */
    public static Output text(String text, int attempt, long offset) {
        return new Output(true, text.getBytes(StandardCharsets.UTF_8), attempt, offset);
    }

    /** Where the next piece of the response begins. */
    public long end() {
        return offset + bytes.length;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Output output
                && text == output.text
                && attempt == output.attempt
                && offset == output.offset
                && Arrays.equals(bytes, output.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes) + 31 * Long.hashCode(offset);
    }

    @Override
    public String toString() {
        return "Output[" + bytes.length + " bytes at " + offset + " of attempt " + attempt + "]";
    }
}
