package dev.sluice.loadtest.load;

import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Reads {@code text/event-stream} piece by piece, as the HTML standard says. Lines end with LF or CR LF. */
final class EventParser {

    private static final int LONGEST_LINE = 16 * 1024 * 1024;

    private static final String MESSAGE = "message";

    private final ByteArrayOutputStream line = new ByteArrayOutputStream(256);
    private final StringBuilder data = new StringBuilder();
    private boolean hasData;
    private String id = "";
    private String type = MESSAGE;

    /** Whether nothing was read of the next event. */
    boolean betweenEvents() {
        return line.size() == 0 && !hasData && type.equals(MESSAGE);
    }

    /** The last id that was read, which an event without one has as well. */
    String id() {
        return id;
    }

    /** Sets the last id that was read, by somebody else. */
    void id(String read) {
        id = read;
    }

    /** The events that are complete with these bytes. */
    List<Event> feed(ByteBuf bytes) {
        List<Event> events = new ArrayList<>(1);
        while (bytes.isReadable()) {
            int length = bytes.bytesBefore((byte) '\n');
            int part = length < 0 ? bytes.readableBytes() : length;
            if (line.size() + part > LONGEST_LINE) {
                throw new IllegalStateException("a line of an event stream is longer than " + LONGEST_LINE + " bytes");
            }
            byte[] copy = new byte[part];
            bytes.readBytes(copy);
            line.writeBytes(copy);
            if (length >= 0) {
                bytes.skipBytes(1);
                line(events);
            }
        }
        return events;
    }

    private void line(List<Event> events) {
        String text = line.toString(StandardCharsets.UTF_8);
        line.reset();
        if (text.endsWith("\r")) {
            text = text.substring(0, text.length() - 1);
        }
        if (text.isEmpty()) {
            if (hasData) {
                events.add(new Event(id, type, data.toString(), System.nanoTime()));
            }
            data.setLength(0);
            hasData = false;
            type = MESSAGE;
            return;
        }
        int colon = text.indexOf(':');
        String name = colon < 0 ? text : text.substring(0, colon);
        String value = colon < 0 ? "" : text.substring(text.startsWith(": ", colon) ? colon + 2 : colon + 1);
        switch (name) {
            case "id" -> id = value;
            case "event" -> type = value;
            case "data" -> {
                data.append(hasData ? "\n" : "").append(value);
                hasData = true;
            }
            default -> {} // a comment, retry, or a field that nobody knows
        }
    }
}
