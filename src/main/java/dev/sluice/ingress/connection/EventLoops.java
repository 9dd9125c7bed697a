package dev.sluice.ingress.connection;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.FastThreadLocal;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** The event loops as schedulers, one for each. */
public final class EventLoops {

    private static final FastThreadLocal<Scheduler> OWN = new FastThreadLocal<>();

    private EventLoops() {}

    /** Runs on the event loop; best asked for on that, where it is made only once. */
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

    /** The lambda hides that the loop is a service, whose tasks would each be a future that nobody looks at. */
    private static Scheduler scheduler(EventLoop loop) {
        return Schedulers.fromExecutor(task -> loop.execute(task));
    }
}
