package dev.sluice.ingress.connection;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.util.concurrent.FastThreadLocal;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LastChunkTest {

    private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);

    @AfterEach
    void everythingIsReleased() {
        FastThreadLocal.removeAll(); // as at the end of the event loop
        assertThat(allocator.metric().usedDirectMemory()).isZero();
    }

    private ByteBuf chunk(ByteBuf bytes) {
        return LastChunk.own().of(bytes, allocator);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static void assertWrites(ByteBuf chunk, String expected) {
        assertThat(chunk.toString(StandardCharsets.US_ASCII)).isEqualTo(expected);
        assertThat(chunk.isDirect()).isTrue();
        assertThat(chunk.skipBytes(chunk.readableBytes()).release()).isFalse(); // it is kept
    }

    @Test
    void anArrayIsCopiedOnceForAllReaders() {
        byte[] event = ascii("data: 0123456789\n\n");
        ByteBuf one = chunk(Unpooled.wrappedBuffer(event));
        long once = allocator.metric().usedDirectMemory();
        ByteBuf other = chunk(Unpooled.wrappedBuffer(event));

        assertThat(allocator.metric().usedDirectMemory()).isEqualTo(once);
        assertWrites(one, "12\r\ndata: 0123456789\n\n\r\n");
        assertWrites(other, "12\r\ndata: 0123456789\n\n\r\n");
    }

    @Test
    void oneThatIsPendingOutlivesTheNext() {
        ByteBuf pending = chunk(Unpooled.wrappedBuffer(ascii("first")));
        assertWrites(chunk(Unpooled.wrappedBuffer(ascii("second"))), "6\r\nsecond\r\n");

        assertThat(pending.toString(StandardCharsets.US_ASCII)).isEqualTo("5\r\nfirst\r\n");
        assertThat(pending.release()).isTrue();
    }

    @Test
    void partOfAnArrayIsNotTakenForAllOfIt() {
        byte[] array = ascii("abcdef");
        assertWrites(chunk(Unpooled.wrappedBuffer(array)), "6\r\nabcdef\r\n");

        ByteBuf part = chunk(Unpooled.wrappedBuffer(array, 1, 2));
        assertThat(part.toString(StandardCharsets.US_ASCII)).isEqualTo("2\r\nbc\r\n");
        assertThat(part.release()).isTrue();
    }

    /** A handler that joins small buffers would write into those of other connections. */
    @Test
    void thereIsNoRoomBehindIt() {
        ByteBuf chunk = chunk(Unpooled.wrappedBuffer(ascii("x")));

        assertThat(chunk.isWritable()).isFalse();
        assertThat(chunk.ensureWritable(1, false)).as("that it cannot grow").isEqualTo(1);
        chunk.release();
    }
}
