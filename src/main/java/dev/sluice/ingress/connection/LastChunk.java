package dev.sluice.ingress.connection;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.util.concurrent.FastThreadLocal;

/**
 * The chunk that an event loop has made last. The readers of an event are given the same array one after the other, so that it is
 * copied once for each event loop, and not for each reader. Confined to the event loop.
 */
final class LastChunk {

    /** Longer ones are not kept. */
    private static final int MOST_BYTES = 64 * 1024;

    private static final int LINE_END = '\r' << 8 | '\n';

    private static final FastThreadLocal<LastChunk> OWN = new FastThreadLocal<>() {
        @Override
        protected LastChunk initialValue() {
            return new LastChunk();
        }

        @Override
        protected void onRemoval(LastChunk value) {
            value.chunk.release();
        }
    };

    private byte[] content = {};
    private ByteBuf chunk = Unpooled.EMPTY_BUFFER;

    private LastChunk() {}

    /** That of this event loop. */
    static LastChunk own() {
        return OWN.get();
    }

    /**
     * Some bytes as a chunk (RFC 9112, 7.1), in one buffer, which is to be released.
     *
     * @param bytes at least one; if they are a whole array, it must not be modified any more
     */
    @SuppressWarnings("ReferenceEquality") // an equal one is copied
    ByteBuf of(ByteBuf bytes, ByteBufAllocator allocator) {
        if (!isWholeArray(bytes) || bytes.readableBytes() > MOST_BYTES) {
            return copy(bytes, allocator);
        }
        if (bytes.array() != content) {
            ByteBuf next = copy(bytes, allocator);
            chunk.release();
            chunk = next;
            content = bytes.array();
        }
        return chunk.retainedDuplicate();
    }

    private static boolean isWholeArray(ByteBuf bytes) {
        return bytes.hasArray() && bytes.arrayOffset() == 0 && bytes.readableBytes() == bytes.array().length;
    }

    /** With no room behind it, in which a handler could join what comes next: that would be in the buffers of all. */
    private static ByteBuf copy(ByteBuf bytes, ByteBufAllocator allocator) {
        String length = Integer.toHexString(bytes.readableBytes());
        int size = length.length() + bytes.readableBytes() + 4;
        ByteBuf chunk = allocator.directBuffer(size, size);
        ByteBufUtil.writeAscii(chunk, length);
        return chunk.writeShort(LINE_END)
                .writeBytes(bytes, bytes.readerIndex(), bytes.readableBytes())
                .writeShort(LINE_END);
    }
}
