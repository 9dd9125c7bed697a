package dev.sluice.ingress.connection;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.FastThreadLocal;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** Reactor schedulers for event loops. */
public final class EventLoops {

    private static final FastThreadLocal<Scheduler> OWN = new FastThreadLocal<>();

    private EventLoops() {}

    /** A scheduler that runs on the event loop; cached if this is called on that loop. */
    public static Scheduler of(EventLoop loop) {
        if (!loop.inEventLoop()) {
            return scheduler(loop);
        }
        Scheduler own = OWN.get();
        if (own == null) {
            own = scheduler(loop);
            OWN.set(own);
        }
        return own;
    }

    /** The lambda hides that the loop is an {@code ExecutorService}, for which Reactor would create a future for each task. */
    private static Scheduler scheduler(EventLoop loop) {
        return Schedulers.fromExecutor(task -> loop.execute(task));
    }
}
