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
 * A subscription to the tail with a bounded buffer. Reactor's overflow buffers deliver the error behind the buffered
 * elements, which a subscriber without demand never receives; this one drops them and signals the error at once.
 */
final class Tail implements Subscription {

    /** The most characters written by backends that may be buffered, in however few events. */
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

    /** Signals onSubscribe, then the events offered meanwhile. */
    void begin() {
        subscriber.onSubscribe(this);
        drainLoop();
    }

    /** Offers an event; by one thread at a time. */
    void offer(JobEvent event) {
        if (cancelled || completed || failure != null) {
            return;
        }
        try {
            if (!interest.wants(event)) {
                return;
            }
        } catch (RuntimeException e) {
            fail(e); // an error of a subscriber must not reach the journal's thread
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

    /** Fails with an overflow: the subscriber has to read the history. */
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

    /**
     * Run by the thread that raised {@code pending} from 0, which stays raised at the end so that no signal follows the
     * last one.
     */
    private void drainLoop() {
        int missed = pending.get();
        do {
            if (passOn()) {
                return;
            }
            missed = pending.addAndGet(-missed);
        } while (missed != 0);
    }

    /** Emits events while there is demand; true if the subscription has ended. */
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

    /** The length of an event's parts of unbounded length. */
    private static int characters(JobEvent event) {
        if (event instanceof JobEvent.Emitted emitted) {
            return emitted.output().bytes().length;
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
