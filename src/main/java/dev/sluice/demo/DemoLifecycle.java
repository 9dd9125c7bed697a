package dev.sluice.demo;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.web.server.PortInUseException;
import org.springframework.context.SmartLifecycle;
import reactor.netty.ChannelBindException;

/** Runs the demo backend in the process of the gateway; it starts before everything that calls it and stops after. */
final class DemoLifecycle implements SmartLifecycle {

    private static final Logger LOG = LoggerFactory.getLogger(DemoLifecycle.class);
    private static final Duration DELAY = Duration.ofSeconds(3);

    private final int port;
    private volatile @Nullable DemoBackend running;

    DemoLifecycle(int port) {
        this.port = port;
    }

    @Override
    public void start() {
        try {
            DemoBackend backend = DemoBackend.start(port, DELAY, null, true);
            running = backend;
            LOG.info("Demo backend on http://127.0.0.1:{}, answers after {} s", backend.port(), DELAY.toSeconds());
        } catch (ChannelBindException e) {
            throw new PortInUseException(port, e); // reported by Spring Boot without a stack trace
        }
    }

    @Override
    public void stop() {
        DemoBackend backend = running;
        running = null;
        if (backend != null) {
            backend.close();
        }
    }

    @Override
    public boolean isRunning() {
        return running != null;
    }

    @Override
    public int getPhase() {
        return Integer.MIN_VALUE + 1000;
    }

    /** The port it listens on; -1 if it is stopped. */
    int listeningOn() {
        DemoBackend backend = running;
        return backend == null ? -1 : backend.port();
    }
}
