package dev.sluice.loadtest.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/** Takes the framing off a body with {@code Transfer-Encoding: chunked}, however it is cut (RFC 9112, section 7.1). */
final class Chunks {

    private static final long LARGEST = 1L << 40;

    private enum Part {
        SIZE,
        EXTENSION,
        DATA,
        AFTER_DATA,
        TRAILER,
        END
    }

    private Part part = Part.SIZE;
    private long left;
    private boolean begun; // the size
    private int trailer;

    /**
     * Takes what was read, up to the end of the body.
     *
     * @param data is given what the chunks contain; must take all of it
     * @throws IOException if it is not framed so
     */
    void feed(ByteBuffer bytes, Consumer<ByteBuffer> data) throws IOException {
        while (bytes.hasRemaining() && part != Part.END) {
            if (part == Part.DATA) {
                data(bytes, data);
            } else {
                framing(bytes.get());
            }
        }
    }

    /** Whether the next byte is the first one of a chunk. */
    boolean betweenChunks() {
        return part == Part.SIZE && !begun;
    }

    /** Whether the last chunk and what follows it were read. */
    boolean ended() {
        return part == Part.END;
    }

    private void data(ByteBuffer bytes, Consumer<ByteBuffer> data) {
        int length = (int) Math.min(left, bytes.remaining());
        data.accept(bytes.slice(bytes.position(), length));
        bytes.position(bytes.position() + length);
        left -= length;
        if (left == 0) {
            part = Part.AFTER_DATA;
        }
    }

    private void framing(byte next) throws IOException {
        switch (part) {
            case SIZE, EXTENSION -> size(next);
            case AFTER_DATA -> part = next == '\n' ? Part.SIZE : Part.AFTER_DATA;
            default -> trailer(next);
        }
    }

    private void size(byte next) throws IOException {
        begun = next != '\n';
        if (next == '\n') {
            part = left == 0 ? Part.TRAILER : Part.DATA;
        } else if (next == ';') {
            part = Part.EXTENSION;
        } else if (part == Part.SIZE && next != '\r') {
            int digit = Character.digit(next, 16);
            if (digit < 0 || left > LARGEST) {
                throw new IOException("not the size of a chunk: byte " + next + " after " + left);
            }
            left = left * 16 + digit;
        }
    }

    /** Ends with an empty line. */
    private void trailer(byte next) {
        if (next == '\n') {
            part = trailer == 0 ? Part.END : Part.TRAILER;
            trailer = 0;
        } else if (next != '\r') {
            trailer++;
        }
    }
}
