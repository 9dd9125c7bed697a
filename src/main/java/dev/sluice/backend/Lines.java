package dev.sluice.backend;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** Lines of a message, each ended by LF, before which a CR is part of the end (RFC 9112, 2.2). Bounded in bytes. */
final class Lines {

    private final int most;
    private final BackendFailure tooMany;
    private int used;

    /**
     * Makes a reader.
     *
     * @param most largest size of all lines together, in bytes
     * @param tooMany the failure if there are more
     */
    Lines(int most, BackendFailure tooMany) {
        this.most = most;
        this.tooMany = tooMany;
    }

    /** Begins another message, or part of one, with a size of its own. */
    void begin() {
        used = 0;
    }

    /**
     * Reads the next line without its end; null if it is not complete.
     *
     * @throws BackendFailure if the lines are too large
     */
    @Nullable
    String next(ByteBuf in) {
        int begin = in.readerIndex();
        int end = in.indexOf(begin, in.writerIndex(), (byte) '\n');
        int length = (end < 0 ? in.writerIndex() : end + 1) - begin;
        if (length > most - used) {
            throw tooMany;
        }
        if (end < 0) {
            return null;
        }
        used += length;
        boolean cr = end > begin && in.getByte(end - 1) == '\r';
        String line = in.toString(begin, (cr ? end - 1 : end) - begin, ISO_8859_1);
        in.readerIndex(end + 1);
        return line;
    }
}
