package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.netty.NettyPipeline;

/** Frames, and bodies in them, that dribble in. */
class FrameGuardTest {

    private static final long BODY = 20_000;

    private final EmbeddedChannel channel = new EmbeddedChannel();

    FrameGuardTest() {
        channel.freezeTime();
    }

    @AfterEach
    void release() {
        channel.finishAndReleaseAll();
    }

    private void speakHttp2() {
        channel.pipeline()
                .addLast(
                        NettyPipeline.HttpCodec,
                        Http2FrameCodecBuilder.forServer().build());
        FrameGuard.guard(channel.pipeline());
        receive(Unpooled.copiedBuffer(
                Http2CodecUtil.connectionPrefaceBuf(), Unpooled.wrappedBuffer(new byte[] {0, 0, 0, 4, 0, 0, 0, 0, 0})));
    }

    private void receive(ByteBuf bytes) {
        channel.writeInbound(bytes);
        channel.releaseInbound();
    }

    private void receive(int... bytes) {
        ByteBuf all = Unpooled.buffer();
        for (int each : bytes) {
            all.writeByte(each);
        }
        receive(all);
    }

    private void pass(long millis) {
        channel.advanceTimeBy(millis, TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();
    }

    @Test
    void aHeadThatDribblesInIsCut() {
        speakHttp2();
        receive(0, 0, 100, 1, 4, 0, 0, 0, 1);
        for (int i = 0; i < 9; i++) {
            pass(ConnectionGuard.HEADER_MILLIS / 10);
            receive(0);
        }
        assertThat(channel.isOpen()).isTrue();
        pass(ConnectionGuard.HEADER_MILLIS / 10);
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void aConnectionWithoutAFrameUnderWayIsLeftToTheIdleTimeout() {
        speakHttp2();
        pass(10 * ConnectionGuard.HEADER_MILLIS);
        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void aFrameThatComesSlowlyButSurelyIsNot() {
        speakHttp2();
        receive(0, 0x40, 0, 0, 0, 0, 0, 0, 1);
        for (int i = 0; i < 3; i++) {
            receive(Unpooled.wrappedBuffer(new byte[5_000]));
            pass(ConnectionGuard.HEADER_MILLIS);
            assertThat(channel.isOpen()).isTrue();
        }
    }

    @Test
    void aStreamWhoseBodyDribblesInIsGivenUp() {
        StreamGuard guard = new StreamGuard(false, BODY);
        channel.pipeline().addLast(RequestGuard.NAME, guard);
        for (int i = 0; i < 20; i++) {
            channel.writeInbound(new DefaultHttpContent(Unpooled.wrappedBuffer(new byte[1])));
            channel.releaseInbound();
            pass(BODY / 20);
        }
        assertThat(RequestGuard.hasWholeRequest(channel)).isFalse();
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void aWholeBodyStopsTheClock() {
        channel.pipeline().addLast(RequestGuard.NAME, new StreamGuard(false, BODY));
        channel.writeInbound(new DefaultHttpContent(Unpooled.wrappedBuffer(new byte[1])));
        channel.writeInbound(LastHttpContent.EMPTY_LAST_CONTENT);
        channel.releaseInbound();
        pass(10 * BODY);
        assertThat(RequestGuard.hasWholeRequest(channel)).isTrue();
        assertThat(channel.isOpen()).isTrue();
    }
}
