package dev.sluice.ingress.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ingress.header.DateField;
import dev.sluice.waiting.WaitingBytes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.time.Clock;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.netty.Connection;
import reactor.netty.NettyOutbound;
import reactor.netty.channel.AbortedException;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/** A body of one buffer is released once, whichever part of a response over HTTP/2 fails. */
class NettyResponseTest {

    private static final Exception BROKEN = new IOException("broken");

    private final EmbeddedChannel channel = new EmbeddedChannel(new ChannelOutboundHandlerAdapter() {
        @Override
        public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
            ReferenceCountUtil.release(message);
            promise.setFailure(BROKEN);
        }
    });
    private final HttpHeaders fields = new DefaultHttpHeaders();
    private Mono<Void> head = Mono.empty();

    /** Held once by the response and once by the test. */
    private final ByteBuf body =
            PooledByteBufAllocator.DEFAULT.buffer().writeInt(1).retain();

    @AfterEach
    void close() {
        body.release();
        channel.close();
    }

    private static <T> T fake(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }

    @SuppressWarnings("unchecked")
    private Object called(Object self, String name, Object... given) {
        return switch (name) {
            case "method" -> HttpMethod.GET;
            case "version" -> HttpVersion.valueOf("HTTP/2.0");
            case "requestHeaders", "responseHeaders" -> fields;
            case "channel" -> channel;
            case "status", "keepAlive" -> self;
            case "then" -> head;
            case "withConnection" -> {
                ((Consumer<Connection>) given[0])
                        .accept(fake(
                                Connection.class, (connection, method, args) -> called(connection, method.getName())));
                yield self;
            }
            case "sendObject" ->
                fake(NettyOutbound.class, (outbound, method, args) -> {
                    ReferenceCountUtil.release(given[0]);
                    return Mono.error(AbortedException.beforeSend());
                });
            default -> throw new UnsupportedOperationException(name);
        };
    }

    private Object called(Object self, java.lang.reflect.Method method, Object[] given) {
        return called(self, method.getName(), given == null ? new Object[0] : given);
    }

    private NettyResponse response() {
        fields.set("Content-Length", "0");
        NettyRequest request = new NettyRequest(fake(HttpServerRequest.class, this::called));
        return new NettyResponse(
                request,
                fake(HttpServerResponse.class, this::called),
                new DateField(Clock.systemUTC()),
                new WaitingBytes(0, System::nanoTime, Runnable::run),
                true);
    }

    private void fails(NettyResponse response) {
        Throwable[] failure = new Throwable[1];
        response.writeWith(Mono.just(NettyRequest.BUFFERS.wrap(body)))
                .subscribe(nothing -> {}, error -> failure[0] = error);
        channel.runPendingTasks();
        assertThat(failure[0]).isNotNull();
        assertThat(body.refCnt()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theHeadFails(boolean lingering) {
        head = Mono.error(BROKEN);
        NettyResponse response = response();
        if (lingering) {
            response.sender().lingering();
        }
        fails(response);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theBodyFails(boolean lingering) {
        NettyResponse response = response();
        response.beforeCommit(Mono::empty);
        if (lingering) {
            response.sender().lingering();
        }
        fails(response);
    }

    @Test
    void anActionFails() {
        NettyResponse response = response();
        response.beforeCommit(() -> Mono.error(BROKEN));
        fails(response);
    }

    @Test
    void theClientGoesBeforeTheHeadIsWritten() {
        head = Mono.never();
        response()
                .writeWith(Mono.just(NettyRequest.BUFFERS.wrap(body)))
                .subscribe()
                .dispose();
        assertThat(body.refCnt()).isEqualTo(1);
    }
}
