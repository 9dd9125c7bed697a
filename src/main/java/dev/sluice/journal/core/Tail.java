package dev.sluice.journal.core;

import dev.sluice.job.JobEvent;
import dev.sluice.journal.Interest;
import dev.sluice.journal.TailOverflowException;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Operators;
import reactor.util.concurrent.Queues;

/**
 * One subscriber of the tail with a bounded buffer. Reactor's own overflow buffers deliver their error after the backlog,
 * which a subscriber that asks for nothing never hears; this one drops the backlog and says so at once.
 */
final class Tail implements Subscription {

    /** Characters of what backends wrote that may lag, however few events they are in. */
    static final long MOST_CHARACTERS = 8 * 1024 * 1024;

    private final CoreSubscriber<? super JobEvent> subscriber;
    private final Interest interest;
    private final Consumer<Tail> onEnd;
    private final Queue<JobEvent> lag;
    private final AtomicLong lagging = new AtomicLong(); // characters
    private final AtomicLong requested = new AtomicLong();
    private final AtomicInteger pending = new AtomicInteger(1); // held until begin(): onSubscribe comes first

    private volatile boolean cancelled;
    private volatile boolean completed;
    private volatile @Nullable Throwable failure;

    Tail(CoreSubscriber<? super JobEvent> subscriber, Interest interest, int buffer, Consumer<Tail> onEnd) {
        this.subscriber = subscriber;
        this.interest = interest;
        this.onEnd = onEnd;
        this.lag = Queues.<JobEvent>get(buffer).get();
    }

    /** Tells the subscriber of its subscription, then of what was offered meanwhile. */
    void begin() {
        subscriber.onSubscribe(this);
        drainLoop();
    }

    /** Takes an event; for one thread at a time. */
    void offer(JobEvent event) {
        if (cancelled || completed || failure != null) {
            return;
        }
        try {
            if (!interest.wants(event)) {
                return;
            }
        } catch (RuntimeException e) {
            fail(e); // a mistake of one subscriber must not reach the journal's thread
            return;
        }
        if (lagging.addAndGet(characters(event)) <= MOST_CHARACTERS && lag.offer(event)) {
            drain();
        } else {
            fail(new TailOverflowException());
        }
    }

    Interest interest() {
        return interest;
    }

    /** Ends as if it had lagged too far: the subscriber has to look into the history. */
    void cut() {
        fail(new TailOverflowException());
    }

    void complete() {
        completed = true;
        drain();
    }

    @Override
    public void request(long n) {
        if (Operators.validate(n)) {
            requested.accumulateAndGet(n, Operators::addCap);
            drain();
        }
    }

    @Override
    public void cancel() {
        cancelled = true;
        onEnd.accept(this);
        drain();
    }

    private void fail(Throwable error) {
        failure = error;
        onEnd.accept(this);
        drain();
    }

    private void drain() {
        if (pending.getAndIncrement() == 0) {
            drainLoop();
        }
    }

    /** Run by whoever raised {@code pending} from 0; not lowered at the end, so that nothing follows the last signal. */
    private void drainLoop() {
        int missed = pending.get();
        do {
            if (passOn()) {
                return;
            }
            missed = pending.addAndGet(-missed);
        } while (missed != 0);
    }

    /** Passes on what there is demand for; true if that was the last. */
    private boolean passOn() {
        while (!ended()) {
            if (requested.get() == 0) {
                return false;
            }
            JobEvent event = lag.poll();
            if (event == null) {
                return false;
            }
            lagging.addAndGet(-characters(event));
            if (requested.get() != Long.MAX_VALUE) {
                requested.decrementAndGet();
            }
            subscriber.onNext(event);
        }
        return true;
    }

    /** Of the parts that may be long. */
    private static int characters(JobEvent event) {
        if (event instanceof JobEvent.Emitted emitted) {
            return emitted.output().content().length();
        }
        return event instanceof JobEvent.Reported reported && reported.further() != null
                ? reported.further().length()
                : 0;
    }

    private boolean ended() {
        Throwable error = failure;
        if (cancelled) {
            lag.clear();
            return true;
        } else if (error != null) {
            lag.clear();
            subscriber.onError(error);
            return true;
        } else if (completed && lag.isEmpty()) {
            subscriber.onComplete();
            return true;
        }
        return false;
    }
}
