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
 * Limits the connections of the public listener and the HTTP/2 streams on them, counted together. Each costs little memory, but
 * clients can open any number. At seven eighths of the limit the connections that have been idle for the longest are closed.
 * At the limit a new connection is reset and a new stream refused (RFC 9113, 8.7), and requests under way go on. What is
 * refused does not count, not even until it is closed. Neither Netty nor Reactor Netty has such a limit.
 */
public final class ConnectionLimit {

    /** Bytes of heap of a connection or stream, most of them for TLS or the state of a waiting exchange. */
    private static final long COST = 16 * 1024;

    private static final AttributeKey<ConnectionLimit> KEY = AttributeKey.valueOf("sluice.connectionLimit");
    private static final long SOON_MILLIS = 20;

    /** A younger connection is not idle: its handshake and first request may be on their way. */
    private static final long NEW_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final int limit;
    private final LongSupplier clock;
    private final Scheduler scheduler;
    private final Map<Channel, Usage> connections = new ConcurrentHashMap<>();
    private final AtomicInteger count = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();
    private final AtomicBoolean relieving = new AtomicBoolean();

    /**
     * Creates a limit without connections.
     *
     * @param limit connections and streams
     * @param clock monotonic nanoseconds
     */
    public ConnectionLimit(int limit, LongSupplier clock, Scheduler scheduler) {
        this.limit = limit;
        this.clock = clock;
        this.scheduler = scheduler;
    }

    /** The default: as many as half of the heap suffices for, at most three quarters of the file descriptors of the process. */
    public static int usual() {
        long most = Runtime.getRuntime().maxMemory() / 2 / COST;
        if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system) {
            most = Math.min(most, system.getMaxFileDescriptorCount() / 4 * 3);
        }
        return (int) Math.min(most, Integer.MAX_VALUE);
    }

    /** The number of open connections and streams. */
    public int count() {
        return count.get();
    }

    /** The number of connections and streams that were refused so far. */
    public int refused() {
        return refused.get();
    }

    /** Counts a connection that was accepted, or resets it. */
    public void add(Channel connection) {
        if (acquire()) {
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

    /** Counts one more unless the limit is reached, atomically among event loops; otherwise counts a refusal. */
    private boolean acquire() {
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

    /** Notes that a request has arrived on a connection of HTTP/1.1, or has been answered. */
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

    /** Refuses an HTTP/2 stream if the limit is reached. */
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
        boolean room = acquire();
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
        // Otherwise, while nearly all are in use, only new connections would be closed.
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

    /** The number of requests under way on a connection, and since when there are none. Thread-safe. */
    private static final class Usage {

        private final AtomicInteger requests = new AtomicInteger();
        private volatile long since;

        Usage(long since) {
            this.since = since;
        }
    }

    /** A snapshot, as sorting needs values that do not change meanwhile. */
    private record Idle(Channel connection, Usage usage, long nanos) {}
}
