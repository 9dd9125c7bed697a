package dev.sluice.ingress.connection;

import com.sun.management.UnixOperatingSystemMXBean;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.util.AttributeKey;
import java.lang.management.ManagementFactory;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import reactor.core.scheduler.Scheduler;
import reactor.netty.ConnectionObserver;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerState;

/**
 * Bounds the connections of the public listener and the streams of HTTP/2 on them, counted together. What each of them costs
 * is little, but strangers open any number. When seven eighths are taken, the connections are closed on which nothing has
 * been asked for the longest; when all are, a new connection is reset and a new stream refused (RFC 9113, 8.7), and whoever
 * is being served goes on. What is refused takes no place, not even until it is closed.
 */
public final class ConnectionLimit {

    /** Bytes of heap for each: what an exchange costs by itself, most of it for TLS or what it waits for. */
    private static final long COST = 16 * 1024;

    private static final AttributeKey<ConnectionLimit> KEY = AttributeKey.valueOf("sluice.connectionLimit");
    private static final long SOON_MILLIS = 20;

    /** Whoever has been connected for less may only not have come to ask yet: the handshake and the request are on their way. */
    private static final long NEW_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final int limit;
    private final LongSupplier clock;
    private final Scheduler scheduler;
    private final Map<Channel, Usage> connections = new ConcurrentHashMap<>();
    private final AtomicInteger count = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();
    private final AtomicBoolean relieving = new AtomicBoolean();

    /**
     * Begins with none.
     *
     * @param limit connections and streams
     * @param clock nanoseconds that only go forward
     */
    public ConnectionLimit(int limit, LongSupplier clock, Scheduler scheduler) {
        this.limit = limit;
        this.clock = clock;
        this.scheduler = scheduler;
    }

    /** As many as half of the heap is enough for, and three quarters of the files that this process may have open. */
    public static int usual() {
        long most = Runtime.getRuntime().maxMemory() / 2 / COST;
        if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system) {
            most = Math.min(most, system.getMaxFileDescriptorCount() / 4 * 3);
        }
        return (int) Math.min(most, Integer.MAX_VALUE);
    }

    /** The connections and streams that are open. */
    public int count() {
        return count.get();
    }

    /** How many were refused so far. */
    public int refused() {
        return refused.get();
    }

    /** A connection was accepted. */
    public void add(Channel connection) {
        if (claim()) {
            connection.attr(KEY).set(this);
            connections.put(connection, new Usage(clock.getAsLong()));
            connection.closeFuture().addListener(closed -> {
                connections.remove(connection);
                count.decrementAndGet();
            });
        } else {
            reset(connection);
        }
        relieveIfNearlyFull();
    }

    /** Takes a place if there is one, however many event loops ask at once; counts the refusal if not. */
    private boolean claim() {
        int taken = count.get();
        while (taken < limit) {
            int now = count.compareAndExchange(taken, taken + 1);
            if (now == taken) {
                return true;
            }
            taken = now;
        }
        refused.incrementAndGet();
        return false;
    }

    /** A request has come on a connection of HTTP/1.1, or has been answered. */
    public void observe(Channel channel, ConnectionObserver.State state) {
        Usage usage = connections.get(channel);
        if (usage == null) {
            return;
        } else if (state == HttpServerState.REQUEST_RECEIVED) {
            usage.requests.set(1);
        } else if (state.equals(ConnectionObserver.State.DISCONNECTING)) {
            usage.since = clock.getAsLong(); // first, or it would seem idle since before the request
            usage.requests.set(0);
        }
    }

    /** Refuses a stream of HTTP/2 if there are too many; true if it did. */
    public static boolean refuses(HttpServerRequest request) {
        if (request.version().majorVersion() < 2) {
            return false;
        }
        boolean[] refuses = {false};
        request.withConnection(connection -> {
            if (connection.channel() instanceof Http2StreamChannel stream) {
                ConnectionLimit limit = stream.parent().attr(KEY).get();
                refuses[0] = limit != null && !limit.enter(stream);
            }
        });
        return refuses[0];
    }

    private boolean enter(Http2StreamChannel stream) {
        boolean room = claim();
        if (room) {
            Usage usage = connections.get(stream.parent());
            if (usage != null) {
                usage.requests.incrementAndGet();
            }
            stream.closeFuture().addListener(closed -> {
                count.decrementAndGet();
                if (usage != null) {
                    usage.since = clock.getAsLong();
                    usage.requests.decrementAndGet();
                }
            });
        } else {
            refuse(stream);
        }
        relieveIfNearlyFull();
        return room;
    }

    @SuppressWarnings("FutureReturnValueIgnored") // there is nothing to do if it fails
    private static void refuse(Http2StreamChannel stream) {
        stream.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.REFUSED_STREAM));
        stream.close();
    }

    private void relieveIfNearlyFull() {
        if (count.get() > limit - limit / 8 && relieving.compareAndSet(false, true)) {
            scheduler.schedule(this::relieve, SOON_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void relieve() {
        relieving.set(false);
        int most = count.get() - (limit - limit / 4);
        if (most <= 0) {
            return;
        }
        long now = clock.getAsLong();
        List<Idle> idle = connections.entrySet().stream()
                .filter(entry -> entry.getValue().requests.get() == 0)
                .map(entry -> new Idle(entry.getKey(), entry.getValue(), now - entry.getValue().since))
                .sorted(Comparator.comparingLong(Idle::nanos).reversed())
                .toList();
        // Where nearly all are served, those that have just come would otherwise be the only ones to go.
        long old = idle.stream().filter(one -> one.nanos >= NEW_NANOS).count();
        idle.stream()
                .limit(Math.min(most, Math.max(old, idle.size() / 2)))
                .forEach(one -> one.connection.eventLoop().execute(() -> closeIfIdle(one)));
    }

    @SuppressWarnings("FutureReturnValueIgnored") // there is nothing to do if closing fails
    private static void closeIfIdle(Idle idle) {
        if (idle.usage.requests.get() == 0) {
            idle.connection.close();
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // there is nothing to do if closing fails
    private static void reset(Channel connection) {
        connection.config().setOption(ChannelOption.SO_LINGER, 0);
        connection.close();
    }

    /** The requests under way on a connection, and since when there are none; for any thread. */
    private static final class Usage {

        private final AtomicInteger requests = new AtomicInteger();
        private volatile long since;

        Usage(long since) {
            this.since = since;
        }
    }

    /** As it was when the order was made, which must not change meanwhile. */
    private record Idle(Channel connection, Usage usage, long nanos) {}
}
