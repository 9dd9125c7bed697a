package dev.sluice.ingress.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ingress.connection.Guards;
import dev.sluice.queue.QueueRig;
import dev.sluice.waiting.WaitingBytes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.core.io.buffer.DataBuffer;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.test.publisher.TestPublisher;

/** A stream whose connection is parked, on a connection of which the test says whether the client reads. */
class ParkedStreamTest {

    private boolean reads = true;
    private final EmbeddedChannel channel = new EmbeddedChannel() {
        @Override
        protected void doWrite(ChannelOutboundBuffer pending) throws Exception {
            if (reads) {
                super.doWrite(pending);
            }
        }
    };
    private final TestPublisher<DataBuffer> body = TestPublisher.create();
    private final AtomicInteger parked = new AtomicInteger();
    private final AtomicInteger over = new AtomicInteger();

    ParkedStreamTest() {
        channel.freezeTime();
        channel.pipeline().addLast(new HttpServerCodec());
        Guards.guard(channel);
        channel.writeInbound(Unpooled.copiedBuffer("GET / HTTP/1.1\r\nHost: g\r\n\r\n", StandardCharsets.US_ASCII));
        channel.releaseInbound();
        DefaultHttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        head.headers().set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
        channel.writeOutbound(head);
        channel.releaseOutbound();
    }

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
        channel.checkException();
    }

    private BodyWriter writer(Flux<DataBuffer> pieces) {
        return new BodyWriter(channel, pieces, new WaitingBytes(0, System::nanoTime, Runnable::run), stream -> {
            parked.incrementAndGet();
            stream.whenOver(over::incrementAndGet);
        });
    }

    private BaseSubscriber<Void> park() {
        BaseSubscriber<Void> exchange = new BaseSubscriber<>() {};
        writer(body.flux()).subscribe(exchange);
        pass(2);
        assertThat(parked).hasValue(1);
        assertThat(exchange.isDisposed()).as("the exchange is over").isTrue();
        return exchange;
    }

    private void pass(long seconds) {
        channel.runPendingTasks();
        for (long i = 0; i < seconds; i++) {
            channel.advanceTimeBy(1, TimeUnit.SECONDS);
            channel.runScheduledPendingTasks();
            channel.runPendingTasks();
        }
    }

    private ByteBuf say(String text) {
        ByteBuf bytes = Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
        body.next(NettyRequest.BUFFERS.wrap(bytes));
        channel.runPendingTasks();
        return bytes;
    }

    private String sent() {
        StringBuilder all = new StringBuilder();
        for (ByteBuf next = channel.readOutbound(); next != null; next = channel.readOutbound()) {
            all.append(next.toString(StandardCharsets.US_ASCII));
            ReferenceCountUtil.release(next);
        }
        return all.toString();
    }

    @Test
    void isSentInChunksToTheLast() {
        park();
        assertThat(say("data: 1\n\n").refCnt()).isZero();
        body.complete();
        pass(0);
        assertThat(sent()).isEqualTo("9\r\ndata: 1\n\n\r\n0\r\n\r\n");
        assertThat(over).hasValue(1);
    }

    @Test
    void thatFailsIsNotTakenForWhole() {
        park();
        body.error(new IOException("planted"));
        pass(0);
        assertThat(sent()).isEmpty();
        assertThat(channel.isOpen()).isFalse();
        assertThat(over).hasValue(1);
    }

    @Test
    void isGivenUpWhenTheClientTakesNothing() {
        park();
        reads = false;
        say("data: 1\n\n");
        ByteBuf pending = (ByteBuf) channel.unsafe().outboundBuffer().current();
        assertThat(pending.refCnt())
                .as("held by the connection, and as the last chunk of the event loop")
                .isEqualTo(2);
        pass(BodyWriter.LONGEST.toSeconds() - 1);
        body.assertNotCancelled();
        pass(1);
        body.assertCancelled();
        assertThat(channel.isOpen()).isFalse();
        assertThat(pending.refCnt()).isEqualTo(1);
        assertThat(over).hasValue(1);
    }

    @Test
    void isCancelledWhenTheClientGoes() {
        park();
        channel.close();
        pass(0);
        body.assertCancelled();
        assertThat(over).hasValue(1);
    }

    @Test
    void isCancelledWhenAPieceCannotBeWritten() {
        park();
        reads = false;
        ByteBuf piece = say("data: 1\n\n");
        channel.unsafe().outboundBuffer().remove(new IOException("planted"));
        pass(0);
        body.assertCancelled();
        assertThat(piece.refCnt()).isZero();
        assertThat(channel.isOpen()).isFalse();
        assertThat(over).hasValue(1);
    }

    @Test
    void isNotParkedWhenItsClientHasGone() {
        writer(body.flux()).subscribe();
        channel.close();
        pass(3);
        assertThat(parked).hasValue(0);
    }

    /** The timer that parks has each stream for a second or two, however short it was. */
    @Test
    void holdsNothingOfItsExchangeWhenItIsOverBefore() {
        WeakReference<Object> exchange = written();
        QueueRig.until(() -> {
            System.gc();
            return exchange.get() == null;
        });
    }

    private WeakReference<Object> written() {
        BaseSubscriber<Void> exchange = new BaseSubscriber<>() {};
        writer(Flux.empty()).subscribe(exchange);
        pass(0);
        assertThat(exchange.isDisposed()).isTrue();
        assertThat(parked).hasValue(0);
        return new WeakReference<>(exchange);
    }
}
