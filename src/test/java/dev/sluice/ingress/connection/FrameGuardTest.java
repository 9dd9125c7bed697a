package dev.sluice.ingress.connection;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerAdapter;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpServerUpgradeHandler;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.CleartextHttp2ServerUpgradeHandler;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.netty.NettyPipeline;

/** Frames, and bodies in them, that dribble in. */
@ParameterizedClass
@ValueSource(booleans = {false, true})
class FrameGuardTest {

    private static final long BODY = 20_000;

    /** Whether HTTP/2 is spoken with prior knowledge where HTTP/1.1 may be. */
    @Parameter
    boolean cleartext;

    private final EmbeddedChannel channel = new EmbeddedChannel();

    FrameGuardTest() {
        channel.freezeTime();
    }

    @AfterEach
    void release() {
        channel.finishAndReleaseAll();
    }

    private void speakHttp2() {
        addCodec();
        receive(Unpooled.copiedBuffer(
                Http2CodecUtil.connectionPrefaceBuf(), Unpooled.wrappedBuffer(new byte[] {0, 0, 0, 4, 0, 0, 0, 0, 0})));
    }

    private void addCodec() {
        Http2FrameCodec codec = Http2FrameCodecBuilder.forServer().build();
        if (!cleartext) {
            channel.pipeline().addLast(NettyPipeline.HttpCodec, codec);
            FrameGuard.guard(channel.pipeline());
            return;
        }
        HttpServerCodec http1 = new HttpServerCodec();
        ChannelHandler http2 = new ChannelHandlerAdapter() {
            @Override
            public void handlerAdded(ChannelHandlerContext context) {
                context.pipeline()
                        .addAfter(context.name(), NettyPipeline.HttpCodec, codec)
                        .remove(this);
            }
        };
        channel.pipeline()
                .addLast(new CleartextHttp2ServerUpgradeHandler(
                        http1, new HttpServerUpgradeHandler(http1, protocol -> null), http2));
        Guards.guard(channel);
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

    /** Some frames say nothing to streams, and are not passed on by the decoder. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "000004 08 00 00000000 00001000", // WINDOW_UPDATE of the connection
                "000003 2a 00 00000000 010203", // of an unknown type
                "000005 10 00 00000000 00000001 75", // PRIORITY_UPDATE
                "000005 02 00 00000009 00000000 10", // PRIORITY of a stream that is not there
                "000008 06 00 00000000 0102030405060708" // PING
            })
    void silenceAfterAWholeFrameIsNotCut(String hex) {
        byte[] frame = ByteBufUtil.decodeHexDump(hex.replace(" ", ""));
        speakHttp2();
        receive(Unpooled.wrappedBuffer(frame));
        pass(10 * ConnectionGuard.HEADER_MILLIS);
        assertThat(channel.isOpen()).isTrue();
        for (byte each : frame) {
            receive(each);
        }
        pass(10 * ConnectionGuard.HEADER_MILLIS);
        assertThat(channel.isOpen()).isTrue();

        receive(Unpooled.wrappedBuffer(frame, 0, frame.length - 1));
        pass(ConnectionGuard.HEADER_MILLIS - 1);
        assertThat(channel.isOpen()).isTrue();
        pass(1);
        assertThat(channel.isOpen()).as("with half a frame").isFalse();
    }

    @Test
    void aFieldBlockWhoseNextFrameDoesNotComeIsCut() {
        speakHttp2();
        receive(0, 0, 1, 1, 0, 0, 0, 0, 1, 0x82);
        receive(0, 0, 1, 9, 0, 0, 0, 0, 1, 0x84);
        pass(ConnectionGuard.HEADER_MILLIS);
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void aFieldBlockInSeveralFramesIsNotCutWhenItIsWhole() {
        speakHttp2();
        receive(0, 0, 1, 1, 1, 0, 0, 0, 1, 0x82);
        receive(0, 0, 2, 9, 4, 0, 0, 0, 1, 0x84, 0x86);
        pass(10 * ConnectionGuard.HEADER_MILLIS);
        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void aPrefaceThatDoesNotComeIsCut() {
        addCodec();
        receive('P', 'R', 'I');
        pass(ConnectionGuard.HEADER_MILLIS);
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void http1IsNotWatchedForFrames() {
        assumeThat(cleartext).isTrue();
        addCodec();
        receive('P');
        receive(Unpooled.copiedBuffer("UT / HTTP/1.1\r\nHost: g\r\nContent-Length: 0\r\n\r\n", US_ASCII));
        pass(10 * ConnectionGuard.HEADER_MILLIS);
        assertThat(channel.pipeline().get(FrameGuard.class)).isNull();
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
