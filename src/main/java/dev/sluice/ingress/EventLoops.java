package dev.sluice.ingress;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.FastThreadLocal;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.netty.http.server.HttpServerRequest;

/** The event loops as schedulers, one for each. */
final class EventLoops {

    private static final FastThreadLocal<Scheduler> OWN = new FastThreadLocal<>();

    private EventLoops() {}

    /** Runs on the event loop of the request; to be asked for on that. */
    static Scheduler of(HttpServerRequest request) {
        Scheduler loop = OWN.get();
        if (loop == null) {
            request.withConnection(
                    connection -> OWN.set(scheduler(connection.channel().eventLoop())));
            loop = OWN.get();
        }
        return loop;
    }

    /** The lambda hides that the loop is a service, whose tasks would each be a future that nobody looks at. */
    private static Scheduler scheduler(EventLoop loop) {
        return Schedulers.fromExecutor(task -> loop.execute(task));
    }
}
