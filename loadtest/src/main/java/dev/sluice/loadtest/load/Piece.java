package dev.sluice.loadtest.load;

import java.nio.charset.StandardCharsets;

/**
 * A piece of a streamed answer, as an event of {@code text/event-stream} in ASCII: {@code data: <number> <time> <fill>} and an
 * empty line. About the size of a token of a large language model with what its provider writes around it.
 */
public final class Piece {

    /** The shortest, in bytes. */
    public static final int SHORTEST = 48;

    private static final String BEGIN = "data: ";
    private static final String END = "\n\n";

    private Piece() {}

    /**
     * Writes one.
     *
     * @param number counted from 0
     * @param due when it was to be written, by {@link System#nanoTime}
     * @param bytes its length, at least {@link #SHORTEST}
     */
    public static byte[] of(long number, long due, int bytes) {
        StringBuilder text = new StringBuilder(bytes + 16);
        text.append(BEGIN).append(number).append(' ').append(due).append(' ');
        int until = bytes - END.length();
        // Not the same in each, or else the disk would hold less of it than was sent.
        for (long random = (number + 1) * 0x9E3779B97F4A7C15L; text.length() < until; random *= 0xD6E8FEB86659FD93L) {
            text.append(Long.toUnsignedString(random ^ random >>> 32, Character.MAX_RADIX));
        }
        text.setLength(until);
        return text.append(END).toString().getBytes(StandardCharsets.US_ASCII);
    }

    /** Where the piece that begins at an index ends; negative if the text does not have all of it. */
    public static int end(CharSequence text, int from) {
        for (int i = from; i + 1 < text.length(); i++) {
            if (text.charAt(i) == '\n' && text.charAt(i + 1) == '\n') {
                return i + END.length();
            }
        }
        return -1;
    }

    /** The number of the piece that begins at an index; -1 if there is none. */
    public static long number(CharSequence text, int from) {
        return digits(text, from + BEGIN.length());
    }

    /** When the piece that begins at an index was due. */
    public static long due(CharSequence text, int from) {
        int at = from + BEGIN.length();
        while (at < text.length() && text.charAt(at) != ' ') {
            at++;
        }
        boolean negative = at + 1 < text.length() && text.charAt(at + 1) == '-'; // nanoTime may be
        long value = digits(text, at + (negative ? 2 : 1));
        return negative ? -value : value;
    }

    private static long digits(CharSequence text, int from) {
        long value = 0;
        int at = from;
        for (; at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9'; at++) {
            value = value * 10 + text.charAt(at) - '0';
        }
        return at == from ? -1 : value;
    }
}
