package dev.sluice.ingress.connection;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * Tracks the boundaries of the HTTP/2 frames that a client sends (RFC 9113, 4.1), from its preface on. A field block in several
 * frames counts as one frame, because nothing may be sent in between (RFC 9113, 4.3).
 */
final class FrameBoundaries {

    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final int HEAD_BYTES = 9;
    private static final int TYPE_AT = 3;
    private static final int FLAGS_AT = 4;
    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int SETTINGS = 4;
    private static final int PING = 6;
    private static final int CONTINUATION = 9;
    private static final int END_HEADERS = 4;

    private int preface; // how much of it has come
    private boolean none;
    private int left; // of a payload
    private int at; // in the head of a frame
    private int length;
    private int type;
    private boolean inBlock;
    private int overhead;

    /** Whether the first bytes are not the preface of HTTP/2. */
    boolean areNone() {
        return none;
    }

    /** Whether the preface is incomplete, or a frame or field block has begun and not ended. */
    boolean isWithin() {
        return preface < PREFACE.length || left > 0 || at > 0 || inBlock;
    }

    /** The number of frames since the last call that are not part of a request; PING and SETTINGS, which are acknowledged, count twice. */
    int takeOverhead() {
        int taken = overhead;
        overhead = 0;
        return taken;
    }

    /** Tracks bytes without consuming them; true if the preface, a frame or a field block ended in them. */
    boolean follow(ByteBuf bytes) {
        boolean ended = false;
        int from = bytes.readerIndex();
        while (from < bytes.writerIndex() && !none) {
            if (preface < PREFACE.length) {
                none = bytes.getByte(from++) != PREFACE[preface++];
            } else if (left > 0) {
                int some = Math.min(left, bytes.writerIndex() - from);
                left -= some;
                from += some;
            } else {
                head(bytes.getUnsignedByte(from++));
            }
            ended |= !isWithin();
        }
        return ended;
    }

    private void head(int octet) {
        if (at < TYPE_AT) {
            length = length << 8 | octet;
        } else if (at == TYPE_AT) {
            type = octet;
        } else if (at == FLAGS_AT && (type == HEADERS || type == CONTINUATION)) {
            inBlock = (octet & END_HEADERS) == 0;
        } else if (at == FLAGS_AT && type != DATA) {
            overhead += type == PING || type == SETTINGS ? 2 : 1;
        }
        if (++at == HEAD_BYTES) {
            left = length;
            length = 0;
            at = 0;
        }
    }
}
