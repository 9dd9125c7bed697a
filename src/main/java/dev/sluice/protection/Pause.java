package dev.sluice.protection;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The pause of a route by an operator.
 *
 * @param at when it was paused
 * @param note why, in the operator's words; null if nothing was said
 */
public record Pause(Instant at, @Nullable String note) {

    byte[] encode() {
        return (at.toEpochMilli() + (note == null ? "" : "\n" + note)).getBytes(StandardCharsets.UTF_8);
    }

    /** Reads a shared value. A pause is one even if what is said of it cannot be understood. */
    static Pause decode(byte[] value) {
        String text = new String(value, StandardCharsets.UTF_8);
        int line = text.indexOf('\n');
        try {
            Instant at = Instant.ofEpochMilli(Long.parseLong(text.substring(0, line < 0 ? text.length() : line)));
            return new Pause(at, line < 0 ? null : text.substring(line + 1));
        } catch (NumberFormatException e) {
            return new Pause(Instant.EPOCH, null);
        }
    }
}
