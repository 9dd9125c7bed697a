package dev.sluice.ingress.connection;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.DefaultChannelId;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http.HttpServerCodec;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.netty.ConnectionObserver;
import reactor.netty.channel.ChannelOperations;
import reactor.netty.http.server.HttpServer;

class ParkedConnectionTest {

    private final AtomicInteger gone = new AtomicInteger();
    private final EmbeddedChannel socket = new EmbeddedChannel();
    private final EmbeddedChannel channel = new EmbeddedChannel(socket, DefaultChannelId.newInstance(), true, false);
    private final ParkedConnection parked;

    ParkedConnectionTest() {
        HttpServer server = Http1Handlers.remember(HttpServer.create());
        server.configuration().doOnChannelInit().onChannelInit(ConnectionObserver.emptyListener(), channel, null);
        channel.pipeline()
                .addLast(RequestGuard.NAME, new ConnectionGuard(ConnectionGuard.HEADER_MILLIS, BodyPace.MILLIS));
        parked = ParkedConnection.park(channel, new Subscription() {
            @Override
            public void request(long n) {}

            @Override
            public void cancel() {
                gone.incrementAndGet();
            }
        });
    }

    private static ByteBuf bytes(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
    }

    @Test
    void ofRequestsThatComeEarlyAFirstPieceIsKeptAndReleasedWithTheConnection() {
        ByteBuf first = bytes("GET / HT");
        channel.writeInbound(first);
        assertThat(channel.config().isAutoRead()).as("the rest is not read").isFalse();
        assertThat(first.refCnt()).isEqualTo(1);
        channel.close();
        assertThat(first.refCnt()).isZero();
        assertThat(gone).hasValue(1);
        channel.checkException();
    }

    /** As from a peer that sends what is no record of TLS: nothing for the log of an operator. */
    @Test
    void whateverFailsClosesIt() {
        channel.pipeline().fireExceptionCaught(new DecoderException("planted"));
        assertThat(channel.isOpen()).isFalse();
        assertThat(gone).hasValue(1);
        channel.checkException();
    }

    @Test
    void whatIsSentBehindTheEndOfItsInputEndsIt() {
        channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
        assertThat(channel.isOpen()).isTrue();
        parked.complete();
        assertThat(channel.<ByteBuf>readOutbound().toString(StandardCharsets.US_ASCII))
                .isEqualTo("0\r\n\r\n");
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void anIdleOneEndsWithItsInput() {
        parked.complete();
        assertThat(channel.isOpen()).isTrue();
        channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
        assertThat(channel.isOpen()).isFalse();
        assertThat(gone).as("for whom the response was").hasValue(0);
    }

    /** Reactor Netty waits for what is under way when a server stops, and closes the rest. */
    @Test
    void aServerThatStopsWaitsForTheEndAndNoLonger() {
        ChannelOperations<?, ?> underWay = ChannelOperations.get(channel);
        assertThat(underWay).isNotNull();
        parked.complete();
        assertThat(channel.isOpen()).isFalse();
    }

    /** Closing it with bytes that were not read would be a reset, which may destroy the end of the response on its way. */
    @Test
    void aServerThatStopsLetsARequestBeAnsweredThatCameBefore() {
        channel.writeInbound(bytes("GET / HT"));
        assertThat(ChannelOperations.get(channel)).isNotNull();
        parked.complete();
        assertThat(channel.isOpen()).isTrue();
        assertThat(channel.pipeline().get(HttpServerCodec.class)).isNotNull();
    }

    @Test
    void aServerThatStopsDoesNotWaitForAnIdleOne() {
        parked.complete();
        assertThat(ChannelOperations.get(channel)).isNull();
    }

    @Test
    void theEndIsLostOnAClientThatHasGone() {
        channel.close();
        parked.complete();
        assertThat(channel.<ByteBuf>readOutbound()).isNull();
        channel.checkException();
    }
}
