package dev.sluice.ingress.reply;

import dev.sluice.http.UnitEnds;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Rewrites a backend's server-sent events so that a reader can resume after each: in whole events, and each that has data with the
 * id {@code <attempt>-<bytes of the answer up to its end>} in place of its own. An event of more than {@link #LONGEST} bytes is passed
 * on in parts. For one reader; the bytes are passed in their order.
 */
public final class NumberedEvents {

    /** Bytes of an event that is kept until it is whole. */
    static final int LONGEST = 64 * 1024;

    private static final Pattern ID = Pattern.compile("(\\d{1,9})-(\\d{1,18})");

    private final UnitEnds ends = Objects.requireNonNull(UnitEnds.of("text/event-stream"));
    private final int attempt;
    private final ByteArrayOutputStream held = new ByteArrayOutputStream();
    private long position;
    private boolean continued; // the beginning of the event that is held has been passed on

    /**
     * Creates the rewriting of an answer.
     *
     * @param from the offset of the first byte that will be passed
     */
    public NumberedEvents(int attempt, long from) {
        this.attempt = attempt;
        this.position = from;
    }

    /**
     * A position that was given to a reader as an id.
     *
     * @param offset bytes of the answer that the reader has
     */
    public record Position(int attempt, long offset) {

        /** Parses an id; null if it is none of these. */
        public static @Nullable Position parse(@Nullable String id) {
            Matcher matcher = ID.matcher(id == null ? "" : id);
            return matcher.matches()
                    ? new Position(Integer.parseInt(matcher.group(1)), Long.parseLong(matcher.group(2)))
                    : null;
        }
    }

    /** Takes the next bytes of the answer and returns the events that they complete; empty if they complete none. */
    public byte[] take(byte[] bytes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.length + 64);
        int from = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (ends.at(bytes[i])) {
                held.write(bytes, from, i + 1 - from);
                writeEvent(position + i + 1, out);
                from = i + 1;
            }
        }
        held.write(bytes, from, bytes.length - from);
        position += bytes.length;
        if (held.size() > LONGEST) {
            writeLines(held.toByteArray(), out);
            held.reset();
            continued = true;
        }
        return out.toByteArray();
    }

    /** The rest of an answer that ends in the middle of an event. */
    public byte[] rest() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        writeLines(held.toByteArray(), out);
        held.reset();
        return out.toByteArray();
    }

    private void writeEvent(long end, ByteArrayOutputStream out) {
        byte[] event = held.toByteArray();
        held.reset();
        int lineEnd = event.length > 1 && event[event.length - 1] == '\n' && event[event.length - 2] == '\r' ? 2 : 1;
        int blank = event.length - lineEnd;
        boolean isEvent = blank == 0 || event[blank - 1] == '\n' || event[blank - 1] == '\r';
        if (!isEvent) {
            out.writeBytes(event); // a comment
            return;
        }
        byte[] lines = Arrays.copyOf(event, blank);
        boolean data = writeLines(lines, out) || continued;
        continued = false;
        if (data) {
            out.writeBytes(("id: " + attempt + "-" + end).getBytes(StandardCharsets.US_ASCII));
            out.write(event, blank, lineEnd);
        }
        out.write(event, blank, lineEnd);
    }

    /** Writes lines without ids; returns whether one of them is data. */
    private boolean writeLines(byte[] lines, ByteArrayOutputStream out) {
        boolean data = false;
        boolean first = continued;
        for (int from = 0; from < lines.length; ) {
            int end = lineEnd(lines, from);
            if (first || !isField(lines, from, end, "id")) {
                out.write(lines, from, end - from);
                data |= isField(lines, from, end, "data");
            }
            first = false;
            from = end;
        }
        return data;
    }

    private static int lineEnd(byte[] lines, int from) {
        for (int i = from; i < lines.length; i++) {
            if (lines[i] == '\n') {
                return i + 1;
            } else if (lines[i] == '\r') {
                return i + 1 < lines.length && lines[i + 1] == '\n' ? i + 2 : i + 1;
            }
        }
        return lines.length;
    }

    private static boolean isField(byte[] lines, int from, int end, String name) {
        int length = name.length();
        for (int i = 0; i < length; i++) {
            if (from + i >= end || lines[from + i] != name.charAt(i)) {
                return false;
            }
        }
        int next = from + length < end ? lines[from + length] : ':';
        return next == ':' || next == '\n' || next == '\r';
    }
}
