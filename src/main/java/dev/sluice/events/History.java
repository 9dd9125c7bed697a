package dev.sluice.events;

import dev.sluice.job.JobEvent;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;

/** Reads a part of a job's history for a reader, never more ahead of it than a few events. */
final class History extends BaseSubscriber<JobEvent> {

    private static final int AHEAD = 32;

    private final Reader reader;
    private final long after;
    private int wanted = AHEAD;

    History(Reader reader, long after) {
        this.reader = reader;
        this.after = after;
    }

    long after() {
        return after;
    }

    /** The reader took an event: asks for more once half of what may wait is gone. Called by one thread at a time. */
    void more() {
        int free;
        synchronized (this) {
            free = AHEAD - wanted - reader.waiting();
            if (free < AHEAD / 2) {
                return;
            }
            wanted += free;
        }
        request(free);
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
        subscription.request(AHEAD);
    }

    @Override
    protected void hookOnNext(JobEvent event) {
        synchronized (this) {
            wanted--;
        }
        reader.recorded(event);
    }

    @Override
    protected void hookOnComplete() {
        reader.historyEnded();
    }

    @Override
    protected void hookOnError(Throwable error) {
        reader.historyFailed(error);
    }
}
