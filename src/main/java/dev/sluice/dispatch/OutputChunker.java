package dev.sluice.dispatch;

import dev.sluice.http.MediaTypes;
import dev.sluice.http.UnitEnds;
import dev.sluice.job.JobResult;
import dev.sluice.job.Output;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Cuts the body of a response into pieces of at most {@link #MOST} bytes. They end where the format ends a unit, and consecutive
 * small units are joined; a longer unit is cut, but not within a character. A body whose format has no units is cut where it was
 * cut on the wire. A piece is text where the response is declared as text and the piece is valid UTF-8; otherwise binary.
 *
 * <p>For one response. Not thread-safe.
 */
final class OutputChunker {

    static final int MOST = 16 * 1024;

    private static final byte[] NOTHING = {};

    private final boolean text;
    private final @Nullable UnitEnds units;
    private final int attempt;
    private long taken; // bytes
    private byte[] held = NOTHING;
    private int length;
    private int[] ends = new int[4]; // of pieces in held, all of complete units
    private int endCount;

    OutputChunker(boolean text, @Nullable UnitEnds units, int attempt) {
        this.text = text;
        this.units = units;
        this.attempt = attempt;
    }

    /** Creates the chunker of the response to an attempt. */
    static OutputChunker of(JobResult head, int attempt) {
        if (head.headers().first("Content-Encoding").isPresent()) {
            return new OutputChunker(false, null, attempt);
        }
        String type = head.headers().first("Content-Type").orElse("");
        return new OutputChunker(MediaTypes.isUtf8Text(type), UnitEnds.of(type), attempt);
    }

    /** Adds what has arrived. */
    void add(byte[] piece) {
        int from = length;
        length += piece.length;
        if (length > held.length) {
            held = Arrays.copyOf(held, Math.max(length, Math.min(2 * held.length, 8 * MOST)));
        }
        System.arraycopy(piece, 0, held, from, piece.length);
        for (int i = from; i < length; i++) {
            if (units != null && units.at(held[i])) {
                end(i + 1);
            } else if (i + 1 - lastEnd() == MOST) {
                end(wholeCharacters(lastEnd(), i + 1));
            }
        }
        if (units == null) {
            end(wholeCharacters(lastEnd(), length));
        }
    }

    /** The bytes that have been added and not taken. */
    int held() {
        return length;
    }

    /** The bytes that {@link #take} takes. */
    int ready() {
        return lastEnd();
    }

    /** Takes the complete units. */
    List<Output> take() {
        int ready = lastEnd();
        List<Output> outputs = new ArrayList<>(endCount);
        int from = 0;
        for (int i = 0; i < endCount; i++) {
            outputs.add(output(Arrays.copyOfRange(held, from, ends[i])));
            from = ends[i];
        }
        endCount = 0;
        length -= ready;
        held = length == 0 ? NOTHING : Arrays.copyOfRange(held, ready, ready + length);
        return outputs;
    }

    /** Takes everything when the body has ended. */
    List<Output> takeAll() {
        end(length);
        return take();
    }

    /** The piece that says that the response has begun, before any other. */
    Output beginning() {
        return new Output(text, NOTHING, attempt, 0);
    }

    private int lastEnd() {
        return endCount == 0 ? 0 : ends[endCount - 1];
    }

    /** Ends a unit, which is joined with those before it as long as they make up one piece. */
    private void end(int end) {
        if (end <= lastEnd()) {
            return;
        } else if (endCount > 0 && end - (endCount == 1 ? 0 : ends[endCount - 2]) <= MOST) {
            ends[endCount - 1] = end;
            return;
        } else if (endCount == ends.length) {
            ends = Arrays.copyOf(ends, 2 * endCount);
        }
        ends[endCount++] = end;
    }

    /** The end of the last complete character before {@code end}. */
    private int wholeCharacters(int from, int end) {
        for (int i = end - 1; text && i >= from && i >= end - 3; i--) {
            int b = held[i] & 0xff;
            if (b >= 0xc0) {
                int bytes = b >= 0xf0 ? 4 : b >= 0xe0 ? 3 : 2;
                return i + bytes > end ? i : end;
            } else if (b < 0x80) {
                return end;
            }
        }
        return end;
    }

    private Output output(byte[] bytes) {
        long offset = taken;
        taken += bytes.length;
        return new Output(text && isUtf8(bytes), bytes, attempt, offset);
    }

    private static boolean isUtf8(byte[] bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)); // reports malformed input
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }
}
