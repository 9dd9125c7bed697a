package dev.sluice.events;

import dev.sluice.journal.JournalOverloadedException;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.waiting.Share;
import dev.sluice.waiting.WaitingBytes;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Operators;

/**
 * Sends frames to one reader as it demands them: one that says when to come back, then those of the subclass, and heartbeats in
 * silence. Written by hand rather than assembled from operators, because ten thousand of them wait at a time: an idle one is a
 * few small objects.
 *
 * <p>Whichever thread finds the drain loop idle runs it, so that the subscriber is signalled serially. The lock guards what the
 * subclass queues and is held only briefly, never while signalling.
 */
abstract class FrameSubscription implements Subscription {

    /**
     * What all subscriptions of a stream share.
     *
     * @param historyPermits limits how many histories are read at once
     * @param opening makes the first frame
     * @param farewell makes the last frame of a reader that is to come back later
     * @param waiting accounts for the bytes that wait for readers
     * @param clock monotonic milliseconds
     * @param ended called once when a subscription has ended, for whatever reason
     */
    record Source(
            AsyncSemaphore historyPermits,
            Supplier<SseFrame> opening,
            Supplier<SseFrame> farewell,
            WaitingBytes waiting,
            LongSupplier clock,
            Consumer<FrameSubscription> ended) {}

    private static final AtomicLongFieldUpdater<FrameSubscription> REQUESTED =
            AtomicLongFieldUpdater.newUpdater(FrameSubscription.class, "requested");
    private static final AtomicIntegerFieldUpdater<FrameSubscription> PENDING =
            AtomicIntegerFieldUpdater.newUpdater(FrameSubscription.class, "pending");

    private final Source source;
    private final CoreSubscriber<? super SseFrame> subscriber;
    private volatile long requested;
    private volatile int pending = 1; // held until start(): onSubscribe comes first
    private final Share share;

    private boolean opened; // owned by the drain loop

    private volatile long lastSent;
    private volatile boolean heartbeat;
    private volatile boolean disconnecting;
    private volatile @Nullable Throwable failure;
    private volatile boolean ended;

    FrameSubscription(Source source, CoreSubscriber<? super SseFrame> subscriber) {
        this.source = source;
        this.subscriber = subscriber;
        this.lastSent = source.clock().getAsLong();
        this.share = source.waiting().open(this::evict);
    }

    /** Reads what the reader has to be sent first. Called once, on the subscribing thread. */
    abstract void begin();

    /**
     * Removes the frame to send next; null if there is none. Called by the drain loop when there is demand.
     *
     * @param beat whether a heartbeat is sent if there is none, rather than {@link #onNothing} called
     */
    abstract @Nullable SseFrame next(boolean beat);

    /** There was no frame: reads more, completes the stream, or waits. Called by the drain loop. */
    abstract void onNothing();

    /** Drops what is queued, once, and stops reading. */
    abstract void release();

    /** Accounts for what waits for the reader. */
    final Share share() {
        return share;
    }

    final AsyncSemaphore historyPermits() {
        return source.historyPermits();
    }

    final boolean hasEnded() {
        return ended;
    }

    final void start() {
        subscriber.onSubscribe(this);
        begin();
        drainLoop();
    }

    /** Whether it ended because the reader was too slow. */
    final boolean wasEvicted() {
        return failure instanceof SlowReaderException;
    }

    /** Sends a heartbeat if nothing was sent after {@code since} and there is demand. */
    final void beatIfSilentSince(long since) {
        if (lastSent <= since && requested > 0) {
            heartbeat = true;
            drain();
        }
    }

    /** Completes the stream; the last frame says when to come back, if there is demand for it. */
    public final void disconnect() {
        disconnecting = true;
        drain();
    }

    @Override
    public final void request(long n) {
        if (Operators.validate(n)) {
            REQUESTED.accumulateAndGet(this, n, Operators::addCap);
            drain();
        }
    }

    @Override
    public final void cancel() {
        end();
    }

    final void evict() {
        fail(new SlowReaderException());
        drain();
    }

    /** The drain loop ends the stream with an error the next time it runs. */
    final void fail(Throwable error) {
        failure = error;
    }

    /** A journal that is unavailable ends the stream without an error, which a browser's {@code EventSource} takes for final. */
    public final void onHistoryError(Throwable error) {
        if (error instanceof JournalUnavailableException || error instanceof JournalOverloadedException) {
            disconnecting = true;
        } else {
            failure = error;
        }
        drain();
    }

    /**
     * Sends a frame that was not queued if nothing is to be sent before it: most live events, whose readers wait for them.
     *
     * @return false if it has to be queued
     */
    final boolean sendAtOnce(SseFrame frame) {
        if (requested == 0 || !PENDING.compareAndSet(this, 0, 1)) {
            return false;
        }
        boolean sent = opened && requested > 0 && !ended && !disconnecting && failure == null && isNext(frame);
        if (sent) {
            send(frame);
        }
        drainLoop();
        return sent;
    }

    /** Whether a frame comes next, without any that is queued: it counts as removed then. Called by the drain loop. */
    boolean isNext(SseFrame frame) {
        return false;
    }

    final void drain() {
        if (PENDING.getAndIncrement(this) == 0) {
            drainLoop();
        }
    }

    private void drainLoop() {
        int missed = pending;
        do {
            emit();
            missed = PENDING.addAndGet(this, -missed);
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
            if (requested == 0) {
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
        SseFrame next = next(beat);
        if (next == null && !beat) {
            onNothing();
            return false;
        }
        send(next == null ? SseFrame.heartbeat() : next);
        return true;
    }

    private void send(SseFrame frame) {
        opened = true;
        heartbeat = false;
        lastSent = source.clock().getAsLong();
        if (requested != Long.MAX_VALUE) {
            REQUESTED.decrementAndGet(this);
        }
        subscriber.onNext(frame);
        if (frame.last()) {
            complete();
        }
    }

    final void complete() {
        if (end()) {
            subscriber.onComplete();
        }
    }

    private void sayFarewell() {
        if (end()) {
            if (requested > 0) {
                subscriber.onNext(source.farewell().get());
            }
            subscriber.onComplete();
        }
    }

    /** Releases everything; true for the one call that did. */
    private boolean end() {
        synchronized (this) {
            if (ended) {
                return false;
            }
            ended = true;
        }
        release();
        share.close();
        source.ended().accept(this);
        return true;
    }
}
