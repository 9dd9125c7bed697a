package dev.sluice.ingress.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ConnectionGuardTest {

    private static final long HEADER = 10_000;
    private static final long BODY = 20_000;

    private final EmbeddedChannel channel = new EmbeddedChannel();

    ConnectionGuardTest() {
        channel.freezeTime();
        ConnectionGuard guard = new ConnectionGuard(HEADER, BODY);
        channel.pipeline()
                .addLast(new FoldedLines(guard), new HttpServerCodec())
                .addLast(RequestGuard.NAME, guard);
    }

    @AfterEach
    void release() {
        channel.finishAndReleaseAll();
    }

    private void receive(String text) {
        channel.writeInbound(Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII));
        channel.releaseInbound();
    }

    private void receiveEnd() {
        channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
    }

    private HttpResponse answer() {
        HttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        channel.writeOutbound(head, LastHttpContent.EMPTY_LAST_CONTENT);
        channel.releaseOutbound();
        return head;
    }

    private void pass(long millis) {
        channel.advanceTimeBy(millis, TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();
    }

    @Test
    void aHeaderThatDribblesInIsCut() {
        receive("GET / HT");
        for (int i = 0; i < 9; i++) {
            pass(HEADER / 10);
            receive("x");
        }
        assertThat(channel.isOpen()).isTrue();
        pass(HEADER / 10);
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void aSilentConnectionIsLeftToTheIdleTimeout() {
        pass(10 * HEADER);
        receive("GET / HTTP/1.1\r\n\r\n");
        pass(10 * HEADER);
        assertThat(channel.isOpen()).isTrue();
    }

    /** As a handler in front tells it that leaves after its first message. */
    @Test
    void theEndOfReadingBeginsNoHead() {
        receive("GET / HTTP/1.1\r\n\r\n");
        channel.pipeline().fireChannelReadComplete();
        pass(10 * HEADER);
        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void aHeaderInTimeStopsTheClock() {
        receive("POST / HTTP/1.1\r\n");
        pass(HEADER - 1);
        receive("Content-Length: 0\r\n\r\n");
        pass(10 * HEADER);
        assertThat(channel.isOpen()).isTrue();
        assertThat(RequestGuard.hasWholeRequest(channel)).isTrue();
    }

    @Test
    void aBodyThatDribblesInIsCut() {
        receive("POST / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\nfirst");
        for (int i = 0; i < 19; i++) {
            pass(BODY / 20);
            receive("x");
        }
        assertThat(channel.isOpen()).isTrue();
        assertThat(RequestGuard.hasWholeRequest(channel)).isFalse();
        pass(BODY / 20);
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void aBodyThatComesSlowlyButSurelyIsNot() {
        receive("POST / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\nfirst");
        for (int i = 0; i < 5; i++) {
            receive("x".repeat((int) BodyPace.BYTES));
            pass(BODY);
        }
        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void aBodyThatWeDoNotReadIsNot() {
        receive("POST / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\nfirst");
        channel.config().setAutoRead(false);
        pass(5 * BODY);
        assertThat(channel.isOpen()).isTrue();
        channel.config().setAutoRead(true);
        pass(2 * BODY);
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void theEndBehindWholeRequestsIsTheEndWhenAllAreAnswered() {
        receive("GET /1 HTTP/1.1\r\n\r\nPOST /2 HTTP/1.1\r\nContent-Length: 1\r\n\r\nx");
        receiveEnd();
        pass(10 * HEADER);
        assertThat(RequestGuard.hasWholeRequest(channel)).isTrue();
        assertThat(answer().headers().get("Connection")).isNull();
        assertThat(channel.isOpen()).isTrue();
        assertThat(answer().headers().get("Connection")).isEqualTo("close");
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void aResetIsTheEndAtOnce() {
        receive("GET / HTTP/1.1\r\n\r\n");
        assertThatThrownBy(() -> {
                    channel.pipeline().fireExceptionCaught(new SocketException("Connection reset"));
                    channel.checkException();
                })
                .isInstanceOf(SocketException.class);
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void theEndBehindAnAnswerEndsTheConnection() {
        receive("GET / HTTP/1.1\r\n\r\n");
        answer();
        receiveEnd();
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void theEndInTheMiddleOfARequestLeavesItCutShort() {
        receive("POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nx");
        receiveEnd();
        pass(10 * HEADER);
        assertThat(RequestGuard.hasWholeRequest(channel)).isFalse();
        assertThat(answer().headers().get("Connection")).isEqualTo("close");
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void requestsThatPileUpAreCut() {
        for (int i = 0; i <= ConnectionGuard.AHEAD; i++) {
            receive("GET / HTTP/1.1\r\n\r\n");
        }
        assertThat(channel.isOpen()).isTrue();
        receive("GET / HTTP/1.1\r\n\r\n");
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void answeredRequestsDoNotPileUp() {
        for (int i = 0; i < 10 * ConnectionGuard.AHEAD; i++) {
            receive("GET / HTTP/1.1\r\n\r\n");
            channel.writeOutbound(new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE));
            answer();
        }
        assertThat(channel.isOpen()).isTrue();
    }
}
