package dev.sluice.backend;

import io.netty.buffer.ByteBuf;

/** Reads the lines between the chunks of a body (RFC 9112, 7.1). */
final class ChunkReader {

    /** Far more than chunk extensions need, which hardly anybody sends. */
    private static final int LONGEST_LINE = 4 * 1024;

    private static final int MOST_DIGITS = 15;

    private final Lines lines = new Lines(LONGEST_LINE, BackendFailure.badFraming());

    /**
     * The size of the next chunk, 0 for the last; -1 if its line is not complete. Whitespace around it and extensions are
     * skipped.
     *
     * @throws BackendFailure if the line has no valid size
     */
    long size(ByteBuf in) {
        String line = lines.next(in);
        if (line == null) {
            return -1;
        }
        lines.begin();
        int extension = line.indexOf(';');
        String digits = (extension < 0 ? line : line.substring(0, extension)).strip();
        if (digits.isEmpty() || digits.length() > MOST_DIGITS) {
            throw BackendFailure.badFraming();
        }
        long size = 0;
        for (int i = 0; i < digits.length(); i++) {
            int digit = digit(digits.charAt(i));
            if (digit < 0) {
                throw BackendFailure.badFraming();
            }
            size = size << 4 | digit;
        }
        return size;
    }

    /**
     * Skips the line end after a chunk; false if it has not arrived.
     *
     * @throws BackendFailure if there is something else
     */
    boolean end(ByteBuf in) {
        int begin = in.readerIndex();
        byte first = in.getByte(begin);
        if (first == '\n') {
            in.skipBytes(1);
            return true;
        }
        if (first != '\r' || (in.readableBytes() > 1 && in.getByte(begin + 1) != '\n')) {
            throw BackendFailure.badFraming();
        }
        if (in.readableBytes() < 2) {
            return false;
        }
        in.skipBytes(2);
        return true;
    }

    private static int digit(char c) {
        return c > 'f' ? -1 : Character.digit(c, 16);
    }
}
