package dev.sluice.events;

import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.SignalType;

/**
 * Reads a part of the history of a job or a group for a reader: as much as may be queued for it. Then it cancels, so that a reader that
 * takes nothing holds no resources of the journal. It holds a permit while it reads.
 */
final class HistorySubscriber<E> extends BaseSubscriber<E> {

    private final HistoryReader<E> reader;
    private final AsyncSemaphore permits;
    private final AtomicBoolean holdsPermit = new AtomicBoolean();
    private volatile @Nullable Runnable waiting;
    private boolean paused;

    HistorySubscriber(HistoryReader<E> reader, AsyncSemaphore permits) {
        this.reader = reader;
        this.permits = permits;
    }

    /** Reads these events as soon as it gets a permit. */
    void read(Flux<E> events) {
        Runnable begin = () -> {
            holdsPermit.set(true);
            if (isDisposed()) {
                release();
            } else {
                events.subscribe(this);
            }
        };
        waiting = begin;
        permits.acquire(begin);
        if (isDisposed()) {
            permits.cancel(begin);
        }
    }

    /** Also leaves the queue for a permit: readers that come and go while the journal hangs must not be kept. */
    @Override
    public void dispose() {
        super.dispose();
        Runnable begin = waiting;
        if (begin != null) {
            permits.cancel(begin);
        }
        release(); // hookFinally is not called if it has the permit but is not subscribed yet
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
        subscription.request(Long.MAX_VALUE);
    }

    @Override
    protected void hookOnNext(E event) {
        if (!paused && !reader.onRecorded(event)) {
            paused = true; // events that arrive before the cancellation takes effect are read again later
            cancel();
            reader.onHistoryPaused();
        }
    }

    @Override
    protected void hookOnComplete() {
        reader.onHistoryEnd();
    }

    @Override
    protected void hookOnError(Throwable error) {
        reader.onHistoryError(error);
    }

    @Override
    protected void hookFinally(SignalType signal) {
        release();
    }

    private void release() {
        if (holdsPermit.getAndSet(false)) {
            permits.release();
        }
    }
}
