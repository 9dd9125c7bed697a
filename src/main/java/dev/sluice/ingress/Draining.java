package dev.sluice.ingress;

import dev.sluice.events.EventStream;
import dev.sluice.events.GroupStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/**
 * Whether the gateway is about to stop. The first thing that stops: from then on no new work is taken and readers of events
 * are told to come back, while jobs and results are served until the web server goes.
 */
final class Draining implements SmartLifecycle {

    private static final Logger LOG = LoggerFactory.getLogger(Draining.class);

    private final EventStream events;
    private final GroupStream groups;
    private volatile boolean begun;
    private volatile boolean running;

    Draining(EventStream events, GroupStream groups) {
        this.events = events;
        this.groups = groups;
    }

    /** Whether new work is to be refused. */
    boolean begun() {
        return begun;
    }

    @Override
    public void start() {
        begun = false;
        running = true;
    }

    @Override
    public void stop() {
        begun = true;
        running = false;
        events.disconnectAll();
        groups.disconnectAll();
        LOG.info("Stopping: no new work is taken, readers of events are told to come back");
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    @Override
    public int getPhase() {
        return Integer.MAX_VALUE;
    }
}
