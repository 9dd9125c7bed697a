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
     * Takes lines.
     *
     * @param most bytes of all lines together
     * @param tooMany what it means if there are more
     */
    Lines(int most, BackendFailure tooMany) {
        this.most = most;
        this.tooMany = tooMany;
    }

    /** Another message or part of one begins, which may be as large again. */
    void begin() {
        used = 0;
    }

    /**
     * Takes the next line without its end; null if its end has not come yet.
     *
     * @throws BackendFailure if the lines are larger than they may be
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
