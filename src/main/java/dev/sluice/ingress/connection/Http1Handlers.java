package dev.sluice.ingress.connection;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpServerUpgradeHandler;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.Attribute;
import io.netty.util.AttributeKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.netty.Connection;
import reactor.netty.ConnectionObserver;
import reactor.netty.NettyPipeline;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerConfig;

/**
 * The handlers that a connection of HTTP/1.1 needs for requests: the codec, the guards and those of Reactor Netty, which are taken
 * from it while it is parked ({@link ParkedConnection}) and made anew for the next request. One for each listening socket.
 */
public final class Http1Handlers {

    private static final AttributeKey<Http1Handlers> KEY = AttributeKey.valueOf("sluice.http1Handlers");

    private final ChannelInitializer<Channel> initializer;
    private final ConnectionObserver observer;
    private final @Nullable Duration idleTimeout;

    private Http1Handlers(HttpServerConfig config, ConnectionObserver observer) {
        this.initializer = config.channelInitializer(observer, null, true);
        this.observer = observer;
        this.idleTimeout = config.idleTimeout();
    }

    /**
     * Has a server remember how the connections that it accepts are set up. To be called when everything else is configured: what
     * is to be done with new connections is done again with these handlers, unless it is added later.
     */
    public static HttpServer remember(HttpServer server) {
        HttpServerConfig config = server.noSSL().protocol(HttpProtocol.HTTP11).configuration(); // TLS stays
        return server.doOnChannelInit((observer, channel, address) -> {
            Attribute<Http1Handlers> own = channel.parent().attr(KEY);
            if (own.get() == null) {
                own.set(new Http1Handlers(config, observer));
            }
        });
    }

    /** Those of the socket that accepted a connection; null if it does not remember any. */
    static @Nullable Http1Handlers of(Channel connection) {
        Channel socket = connection.parent();
        return socket == null ? null : socket.attr(KEY).get();
    }

    /** Whether nobody but the gateway and Reactor Netty has a handler in the pipeline. */
    static boolean areKnown(ChannelPipeline pipeline) {
        for (Map.Entry<String, ChannelHandler> handler : pipeline) {
            if (!stays(handler.getValue()) && !goes(handler.getKey(), handler.getValue())) {
                return false;
            }
        }
        return true;
    }

    /** Takes the handlers of requests away, and puts another in their place, which has the bytes that the codec has kept. */
    static void replace(ChannelPipeline pipeline, String name, ChannelHandler other) {
        List<ChannelHandler> handlers = new ArrayList<>();
        for (Map.Entry<String, ChannelHandler> handler : pipeline) {
            if (!stays(handler.getValue())) {
                handlers.add(0, handler.getValue()); // the last first, which these bytes do not pass then
            }
        }
        pipeline.addLast(name, other);
        handlers.forEach(pipeline::remove);
    }

    /** Adds the handlers of requests behind those that are there. */
    void add(ChannelPipeline pipeline) {
        pipeline.addLast(initializer);
        pipeline.channel().config().setAutoRead(true); // until there is a request, which reads what it needs
    }

    /** Tells those who watch the server that a connection has been idle since now. */
    void isIdle(Connection connection) {
        observer.onStateChange(connection, ConnectionObserver.State.DISCONNECTING);
    }

    /** How long an idle connection is kept; null for ever. */
    @Nullable
    Duration idleTimeout() {
        return idleTimeout;
    }

    private static boolean stays(ChannelHandler handler) {
        return handler instanceof OutputGuard || handler instanceof SslHandler;
    }

    private static boolean goes(String name, ChannelHandler handler) {
        return handler instanceof HttpServerCodec
                || handler instanceof HttpServerUpgradeHandler
                || name.equals(FoldedLines.NAME)
                || name.equals(RequestGuard.NAME)
                || name.equals(NettyPipeline.HttpTrafficHandler)
                || name.equals(NettyPipeline.ReactiveBridge);
    }
}
