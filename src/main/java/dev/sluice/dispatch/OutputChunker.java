package dev.sluice.dispatch;

import dev.sluice.http.MediaTypes;
import dev.sluice.job.JobResult;
import dev.sluice.job.Output;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Cuts the body of a response, as it arrives, into output events of at most {@link #MOST} bytes: text where the response is
 * declared as text and is valid UTF-8, never cut within a character; otherwise binary. For one response, in the order of its
 * pieces.
 */
final class OutputChunker {

    static final int MOST = 16 * 1024;

    private static final byte[] NOTHING = {};

    private final boolean text;
    private final int attempt;
    private long told; // bytes
    private byte[] begun = NOTHING; // the first bytes of an incomplete character

    OutputChunker(boolean text, int attempt) {
        this.text = text;
        this.attempt = attempt;
    }

    /** Makes the chunker of the response to an attempt. */
    static OutputChunker of(JobResult head, int attempt) {
        boolean encoded = head.headers().first("Content-Encoding").isPresent();
        boolean text = !encoded
                && MediaTypes.isUtf8Text(head.headers().first("Content-Type").orElse(""));
        return new OutputChunker(text, attempt);
    }

    /** The output events that this piece completes. */
    List<Output> take(byte[] piece) {
        byte[] all = begun.length == 0 ? piece : together(begun, piece);
        List<Output> outputs = new ArrayList<>(1);
        int at = 0;
        while (at < all.length) {
            int end = Math.min(at + MOST, all.length);
            int whole = text ? lastWhole(all, at, end) : end;
            if (whole == at) {
                break; // only the begin of a character
            }
            outputs.add(output(Arrays.copyOfRange(all, at, whole), text));
            at = whole;
        }
        begun = at == all.length ? NOTHING : Arrays.copyOfRange(all, at, all.length);
        return outputs;
    }

    /** The rest at the end: an incomplete character. */
    List<Output> end() {
        return begun.length == 0 ? List.of() : List.of(output(begun, false));
    }

    /** The end of the last complete character before {@code end}. */
    private static int lastWhole(byte[] bytes, int from, int end) {
        for (int i = end - 1; i >= from && i >= end - 3; i--) {
            int b = bytes[i] & 0xff;
            if (b >= 0xc0) {
                int length = b >= 0xf0 ? 4 : b >= 0xe0 ? 3 : 2;
                return i + length > end ? i : end;
            } else if (b < 0x80) {
                return end;
            }
        }
        return end;
    }

    private Output output(byte[] bytes, boolean mayBeText) {
        long offset = told;
        told += bytes.length;
        return new Output(mayBeText && isUtf8(bytes), bytes, attempt, offset);
    }

    private static boolean isUtf8(byte[] bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)); // reports malformed input
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    private static byte[] together(byte[] first, byte[] second) {
        byte[] all = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, all, first.length, second.length);
        return all;
    }
}
