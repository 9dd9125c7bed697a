package dev.sluice.events;

import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.journal.JobReader;
import dev.sluice.representation.JobJson;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;

/**
 * Sends one reader the events of one job. It connects the journal and the live events with the reader's demand; in which
 * order events are sent, and when the history has to be read, is decided by {@link Resequencer}. Signals arrive on threads of the
 * journal, of the multicaster and of the subscriber.
 */
final class EventStreamSubscription extends FrameSubscription implements JobListener, HistoryReader<JobEvent> {

    private final JobId job;
    private final JobReader journal;
    private final JobJson json;
    private final @Nullable Executor executor;

    // Guarded by this.
    private final Resequencer resequencer;
    private @Nullable HistorySubscriber<JobEvent> reading;

    private Resequencer.Idle idle = Resequencer.Idle.WAIT; // owned by the drain loop

    /**
     * Creates a subscription that is not started.
     *
     * @param buffer live events that the reader may lag behind
     * @param executor where live events are delivered
     */
    EventStreamSubscription(
            JobId job,
            long after,
            JobReader journal,
            JobJson json,
            int buffer,
            @Nullable Executor executor,
            Source source,
            CoreSubscriber<? super SseFrame> subscriber) {
        super(source, subscriber);
        this.job = job;
        this.journal = journal;
        this.json = json;
        this.executor = executor;
        this.resequencer = new Resequencer(job, after, buffer, share());
    }

    @Override
    public JobId job() {
        return job;
    }

    @Override
    public @Nullable Executor executor() {
        return executor;
    }

    @Override
    public synchronized long knownSeq() {
        return resequencer.knownSeq();
    }

    @Override
    void begin() {
        readHistory();
    }

    @Override
    public void onEvent(JobEvent event, SseFrame shared) {
        SseFrame frame = json.isBehindPrefix() ? SseFrame.of(event, json) : shared;
        if (sendAtOnce(frame)) {
            return;
        }
        synchronized (this) {
            if (!resequencer.addLive(frame)) {
                fail(new SlowReaderException());
            }
        }
        drain();
    }

    @Override
    public void catchUp() {
        boolean due;
        synchronized (this) {
            due = resequencer.missed();
        }
        if (due) {
            readHistory();
        }
    }

    private void readHistory() {
        HistorySubscriber<JobEvent> next = new HistorySubscriber<>(this, historyPermits());
        long after;
        synchronized (this) {
            after = resequencer.beginHistory();
            reading = next;
        }
        next.read(journal.history(job, after));
        if (hasEnded()) {
            next.dispose();
        }
    }

    @Override
    public boolean onRecorded(JobEvent event) {
        SseFrame frame = SseFrame.of(event, json);
        boolean more;
        synchronized (this) {
            more = resequencer.addRecorded(frame);
        }
        if (more) {
            drain();
        }
        return more;
    }

    @Override
    public void onHistoryPaused() {
        synchronized (this) {
            reading = null;
            resequencer.pauseHistory();
        }
        drain();
    }

    @Override
    public void onHistoryEnd() {
        boolean again;
        synchronized (this) {
            reading = null;
            again = resequencer.endHistory();
        }
        if (again) {
            readHistory();
        } else {
            drain();
        }
    }

    /** Both at once, because between the two the history may bring the frames that end the stream. */
    @Override
    synchronized @Nullable SseFrame next(boolean beat) {
        SseFrame next = resequencer.poll();
        if (next == null && !beat) {
            idle = resequencer.idle();
        }
        return next;
    }

    @Override
    synchronized boolean isNext(SseFrame frame) {
        return resequencer.passLive(frame);
    }

    @Override
    void onNothing() {
        switch (idle) {
            case WAIT -> {}
            case READ_HISTORY -> readHistory();
            case COMPLETE -> complete();
        }
    }

    @Override
    void release() {
        HistorySubscriber<JobEvent> from;
        synchronized (this) {
            resequencer.close();
            from = reading;
        }
        if (from != null) {
            from.dispose();
        }
    }
}
