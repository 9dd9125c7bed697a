package dev.sluice.backend;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.List;

/** Reads the bodies of responses, one after the other, each up to the end given by its framing. */
final class BodyReader {

    private enum State {
        COUNTED,
        CHUNK_SIZE,
        CHUNK,
        CHUNK_END,
        TRAILERS,
        OPEN_END
    }

    static final int LARGEST_PIECE = 64 * 1024;

    private final Lines lines;
    private final ChunkReader chunks = new ChunkReader();
    private ResponseFields trailers = new ResponseFields();
    private LastHttpContent end = LastHttpContent.EMPTY_LAST_CONTENT;
    private State state = State.COUNTED;
    private long left;

    /**
     * Makes a reader.
     *
     * @param lines bounds the trailers
     */
    BodyReader(Lines lines) {
        this.lines = lines;
    }

    /** Begins the next body; true if it is empty. */
    boolean begin(ResponseFraming framing) {
        end = LastHttpContent.EMPTY_LAST_CONTENT;
        left = framing.length();
        state = switch (framing.kind()) {
            case NONE, LENGTH -> State.COUNTED;
            case CHUNKED -> State.CHUNK_SIZE;
            case OPEN_END -> State.OPEN_END;
        };
        return framing.kind() == ResponseFraming.Kind.NONE;
    }

    /**
     * Reads what has arrived; true if that completed the body.
     *
     * @throws BackendFailure if the framing is invalid
     */
    boolean read(ByteBuf in, List<Object> out) {
        switch (state) {
            case COUNTED -> {
                return piece(in, out);
            }
            case CHUNK_SIZE -> chunkSize(in);
            case CHUNK -> state = piece(in, out) ? State.CHUNK_END : State.CHUNK;
            case CHUNK_END -> state = chunks.end(in) ? State.CHUNK_SIZE : State.CHUNK_END;
            case TRAILERS -> {
                return trailer(in);
            }
            case OPEN_END -> {
                left = Long.MAX_VALUE;
                piece(in, out);
            }
        }
        return false;
    }

    /** The message that marks its end, with the trailers. */
    LastHttpContent end() {
        return end;
    }

    /** Whether it ends with the connection. */
    boolean endsWithConnection() {
        return state == State.OPEN_END;
    }

    /** Passes on what has arrived of the body or chunk; true if that was the rest of it. */
    private boolean piece(ByteBuf in, List<Object> out) {
        int length = (int) Math.min(left, Math.min(LARGEST_PIECE, in.readableBytes()));
        if (length > 0) {
            left -= length;
            out.add(new DefaultHttpContent(in.readRetainedSlice(length)));
        }
        return left == 0;
    }

    private void chunkSize(ByteBuf in) {
        long size = chunks.size(in);
        if (size > 0) {
            left = size;
            state = State.CHUNK;
        } else if (size == 0) {
            lines.begin();
            trailers = new ResponseFields();
            state = State.TRAILERS;
        }
    }

    private boolean trailer(ByteBuf in) {
        String line = lines.next(in);
        if (line == null) {
            return false;
        }
        if (!line.isEmpty()) {
            trailers.add(line);
            return false;
        }
        end = new DefaultLastHttpContent(Unpooled.EMPTY_BUFFER, trailers.end());
        return true;
    }
}
