package dev.sluice.ingress.exchange;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.FastThreadLocal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Parks the connections of streams of one event loop some time after their heads were sent, with one timer for all of them. Not at
 * once: most jobs are short, and what is taken from a connection has to be made again for its next request. Confined to the event loop.
 */
final class Parking {

    /** A stream that is not over after this time, and at most twice of it, is parked. */
    static final Duration AFTER = Duration.ofSeconds(1);

    private static final FastThreadLocal<Parking> OWN = new FastThreadLocal<>();

    private final EventLoop loop;
    private List<BodyWriting> old = new ArrayList<>();
    private List<BodyWriting> young = new ArrayList<>();
    private boolean scheduled;

    private Parking(EventLoop loop) {
        this.loop = loop;
    }

    /** That of an event loop; to be called on it. */
    @SuppressWarnings("ReferenceEquality") // a thread of a test may run several loops
    static Parking of(EventLoop loop) {
        Parking own = OWN.get();
        if (own == null || own.loop != loop) {
            own = new Parking(loop);
            OWN.set(own);
        }
        return own;
    }

    void add(BodyWriting stream) {
        young.add(stream);
        schedule();
    }

    @SuppressWarnings("FutureReturnValueIgnored") // it is not cancelled
    private void schedule() {
        if (!scheduled && !(old.isEmpty() && young.isEmpty())) {
            scheduled = true;
            loop.schedule(this::look, AFTER.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void look() {
        scheduled = false;
        List<BodyWriting> due = old;
        due.removeIf(BodyWriting::park);
        due.addAll(young);
        old = due;
        young = new ArrayList<>();
        schedule();
    }
}
