package dev.sluice.events;

import dev.sluice.job.JobEvent;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.SignalType;

/**
 * Reads a part of a job's history for a reader: as much as may wait for it. Then it lets go of the journal, so that a reader
 * that takes nothing keeps nothing there.
 */
final class History extends BaseSubscriber<JobEvent> {

    private final Reader reader;
    private final Turns turns;
    private final AtomicBoolean turn = new AtomicBoolean();
    private volatile @Nullable Runnable waiting;
    private boolean paused;

    History(Reader reader, Turns turns) {
        this.reader = reader;
        this.turns = turns;
    }

    /** Reads these events when it is its turn. */
    void read(Flux<JobEvent> events) {
        Runnable begin = () -> {
            turn.set(true);
            if (isDisposed()) {
                endTurn();
            } else {
                events.subscribe(this);
            }
        };
        waiting = begin;
        turns.take(begin);
        if (isDisposed()) {
            turns.forget(begin);
        }
    }

    /** Leaves the queue too: who comes and goes while the journal hangs must not be kept. */
    @Override
    public void dispose() {
        super.dispose();
        Runnable begin = waiting;
        if (begin != null) {
            turns.forget(begin);
        }
        endTurn(); // there is no signal if it was not subscribed yet, though its turn may have begun
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
        subscription.request(Long.MAX_VALUE);
    }

    @Override
    protected void hookOnNext(JobEvent event) {
        if (!paused && !reader.recorded(event)) {
            paused = true; // what comes all the same, before the journal knows of it, is read again
            cancel();
            reader.historyPaused();
        }
    }

    @Override
    protected void hookOnComplete() {
        reader.historyEnded();
    }

    @Override
    protected void hookOnError(Throwable error) {
        reader.historyFailed(error);
    }

    @Override
    protected void hookFinally(SignalType signal) {
        endTurn();
    }

    private void endTurn() {
        if (turn.getAndSet(false)) {
            turns.end();
        }
    }
}
