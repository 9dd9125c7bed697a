package dev.sluice.ingress.connection;

import io.netty.channel.Channel;
import io.netty.channel.ServerChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;
import reactor.netty.ConnectionObserver;
import reactor.netty.http.server.HttpServerState;

/**
 * The open connections of both listeners. When the gateway stops, exchanges under way may end within the grace period; a moment
 * after it all that are still open are closed, so that no client can delay the shutdown.
 */
public final class OpenConnections implements SmartLifecycle {

    /** Time to respond to requests whose attempts were aborted at the end of the grace period. */
    static final Duration AFTERWARDS = Duration.ofSeconds(1);

    private static final Logger LOG = LoggerFactory.getLogger(OpenConnections.class);

    private final ChannelGroup open = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final Duration grace;
    private final Scheduler timer;
    private final Disposable.Swap cut = Disposables.swap();
    private volatile boolean running;

    public OpenConnections(Duration grace, Scheduler timer) {
        this.grace = grace;
        this.timer = timer;
    }

    public void add(Channel connection) {
        open.add(connection);
    }

    /** Registers HTTP/2 streams as well: one that is not closed itself may outlive its connection. */
    public void observe(Channel channel, ConnectionObserver.State state) {
        if (state == HttpServerState.REQUEST_RECEIVED && !(channel.parent() instanceof ServerChannel)) {
            open.add(channel);
        }
    }

    /** How many are parked, for tests. */
    public long parked() {
        return open.stream()
                .map(channel -> channel.pipeline().get(ParkedConnection.class))
                .filter(parked -> parked != null && parked.isParked())
                .count();
    }

    @Override
    public void start() {
        cut.update(Disposables.disposed());
        running = true;
    }

    @Override
    public void stop() {
        running = false;
        cut.update(timer.schedule(this::closeAll, grace.plus(AFTERWARDS).toMillis(), TimeUnit.MILLISECONDS));
    }

    /** To be called when the web servers have stopped. */
    void forget() {
        cut.dispose();
    }

    @SuppressWarnings("FutureReturnValueIgnored") // there is nothing to do if closing fails
    private void closeAll() {
        if (!open.isEmpty()) {
            LOG.warn("The grace is used up: {} open connections are closed", open.size());
            open.close();
        }
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** Among the first to stop, as that starts the grace period. */
    @Override
    public int getPhase() {
        return Integer.MAX_VALUE;
    }
}
