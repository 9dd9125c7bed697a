package dev.sluice.events;

import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.journal.JobReader;
import dev.sluice.journal.JournalOverloadedException;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.representation.JobJson;
import dev.sluice.waiting.Share;
import dev.sluice.waiting.WaitingBytes;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Operators;

/**
 * Sends one reader the events of one job. It connects the journal and the live events with the reader's demand; in which
 * order events are sent, and when the history has to be read, is decided by {@link Resequencer}. Written by hand rather
 * than assembled from operators, because ten thousand of them wait at a time: an idle one is a few small objects.
 *
 * <p>Signals arrive on threads of the journal, of the multicaster and of the subscriber. Whichever finds the drain loop idle
 * runs it, so that the subscriber is signalled serially. The lock guards the resequencer and is held only briefly, never
 * while signalling.
 */
final class EventStreamSubscription implements Subscription, JobListener {

    /**
     * What all subscriptions of a stream share.
     *
     * @param historyPermits limits how many histories are read at once
     * @param opening makes the first frame
     * @param farewell makes the last frame of a reader that is to come back later
     * @param buffer live events that a reader may lag behind
     * @param waiting accounts for the bytes that wait for readers
     * @param clock monotonic milliseconds
     * @param ended called once when the subscription has ended, for whatever reason
     */
    record Source(
            JobReader journal,
            AsyncSemaphore historyPermits,
            Supplier<SseFrame> opening,
            Supplier<SseFrame> farewell,
            int buffer,
            WaitingBytes waiting,
            LongSupplier clock,
            Consumer<EventStreamSubscription> ended) {}

    private final JobId job;
    private final JobJson json;
    private final Source source;
    private final CoreSubscriber<? super SseFrame> subscriber;
    private final AtomicLong requested = new AtomicLong();
    private final AtomicInteger pending = new AtomicInteger(1); // held until start(): onSubscribe comes first
    private final Share share;

    // Guarded by this.
    private final Resequencer resequencer;
    private @Nullable HistorySubscriber reading;

    private boolean opened; // owned by the drain loop

    private volatile long lastSent;
    private volatile boolean heartbeat;
    private volatile boolean disconnecting;
    private volatile @Nullable Throwable failure;
    private volatile boolean ended;

    EventStreamSubscription(
            JobId job, long after, JobJson json, Source source, CoreSubscriber<? super SseFrame> subscriber) {
        this.job = job;
        this.json = json;
        this.source = source;
        this.subscriber = subscriber;
        this.lastSent = source.clock().getAsLong();
        this.share = source.waiting().open(this::evict);
        this.resequencer = new Resequencer(job, after, source.buffer(), share);
    }

    @Override
    public JobId job() {
        return job;
    }

    @Override
    public synchronized long knownSeq() {
        return resequencer.knownSeq();
    }

    void start() {
        subscriber.onSubscribe(this);
        readHistory();
        drainLoop();
    }

    /** Whether it ended because the reader was too slow. */
    boolean wasEvicted() {
        return failure instanceof SlowReaderException;
    }

    @Override
    public void onEvent(JobEvent event, SseFrame shared) {
        SseFrame frame = json.isBehindPrefix() ? SseFrame.of(event, json) : shared;
        synchronized (this) {
            if (!resequencer.addLive(frame)) {
                failure = new SlowReaderException();
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

    /** Sends a heartbeat if nothing was sent after {@code since} and there is demand. */
    void beatIfSilentSince(long since) {
        if (lastSent <= since && requested.get() > 0) {
            heartbeat = true;
            drain();
        }
    }

    /** Completes the stream; the last frame says when to come back, if there is demand for it. */
    @Override
    public void disconnect() {
        disconnecting = true;
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
        end();
    }

    private void evict() {
        failure = new SlowReaderException();
        drain();
    }

    private void readHistory() {
        HistorySubscriber next = new HistorySubscriber(this, source.historyPermits());
        long after;
        synchronized (this) {
            after = resequencer.beginHistory();
            reading = next;
        }
        next.read(source.journal().history(job, after));
        if (ended) {
            next.dispose();
        }
    }

    /** Adds an event of the history; false if no more may be queued for now. */
    boolean onRecorded(JobEvent event) {
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

    void onHistoryPaused() {
        synchronized (this) {
            reading = null;
            resequencer.pauseHistory();
        }
        drain();
    }

    void onHistoryEnd() {
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

    /** A journal that is unavailable ends the stream without an error, which a browser's {@code EventSource} takes for final. */
    void onHistoryError(Throwable error) {
        if (error instanceof JournalUnavailableException || error instanceof JournalOverloadedException) {
            disconnecting = true;
        } else {
            failure = error;
        }
        drain();
    }

    private void drain() {
        if (pending.getAndIncrement() == 0) {
            drainLoop();
        }
    }

    private void drainLoop() {
        int missed = pending.get();
        do {
            emit();
            missed = pending.addAndGet(-missed);
        } while (missed != 0);
    }

    private void emit() {
        while (!ended) {
            Throwable error = failure;
            if (error != null) {
                if (end()) {
                    subscriber.onError(error);
                }
                return;
            }
            if (disconnecting) {
                sayFarewell();
                return;
            }
            if (requested.get() == 0) {
                return;
            }
            if (!opened) {
                send(source.opening().get());
            } else if (!emitNext()) {
                return;
            }
        }
    }

    /** False if there is nothing to send for now. */
    private boolean emitNext() {
        boolean beat = heartbeat;
        SseFrame next;
        Resequencer.Idle idle = Resequencer.Idle.WAIT;
        synchronized (this) { // both at once: between the two the history may bring the frames that end the stream
            next = resequencer.poll();
            if (next == null && !beat) {
                idle = resequencer.idle();
            }
        }
        if (next == null && !beat) {
            onIdle(idle);
            return false;
        }
        send(next == null ? SseFrame.heartbeat() : next);
        return true;
    }

    private void send(SseFrame frame) {
        opened = true;
        heartbeat = false;
        lastSent = source.clock().getAsLong();
        if (requested.get() != Long.MAX_VALUE) {
            requested.decrementAndGet();
        }
        subscriber.onNext(frame);
        if (frame.last()) {
            complete();
        }
    }

    private void onIdle(Resequencer.Idle idle) {
        switch (idle) {
            case WAIT -> {}
            case READ_HISTORY -> readHistory();
            case COMPLETE -> complete();
        }
    }

    private void complete() {
        if (end()) {
            subscriber.onComplete();
        }
    }

    private void sayFarewell() {
        if (end()) {
            if (requested.get() > 0) {
                subscriber.onNext(source.farewell().get());
            }
            subscriber.onComplete();
        }
    }

    /** Releases everything; true for the one call that did. */
    private boolean end() {
        HistorySubscriber from;
        synchronized (this) {
            if (ended) {
                return false;
            }
            ended = true;
            resequencer.close();
            from = reading;
        }
        share.close();
        if (from != null) {
            from.dispose();
        }
        source.ended().accept(this);
        return true;
    }
}
