package dev.sluice.events;

import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.journal.JobReader;
import dev.sluice.journal.JournalOverloadedException;
import dev.sluice.journal.JournalUnavailableException;
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
 * One reader of one job. It reads the history until that ends, which may take as long as the reader wants; only then does
 * it listen to live events, and reads the history again from the last number it has seen, which is short now. Whichever way
 * an event comes, it counts as read then, and is left out when it comes again: nothing is missed and nothing comes twice. A
 * live event whose number says that one before it was not told, which happens when a node dies, waits until the history was
 * read once more. Written by hand because ten thousand of them wait at a time: one that is idle is a few small objects.
 *
 * <p>What waits for it is bounded in bytes: of the history no more is read than {@link #PAST_BYTES}, until that is gone; of
 * live events no more is kept than {@link #LIVE_BYTES}, and what came beyond is read from the history in its turn.
 *
 * <p>Signals come from the journal, from whoever tells live events, and from the subscriber, on any of their threads; the
 * drain loop passes them on one after the other. The lock guards the two queues and is held for moments only.
 */
final class Reader implements Subscription, Follower {

    /** Bytes of the history that may wait, and one event more. */
    static final int PAST_BYTES = 32 * 1024;

    /** Bytes of live events that may wait, and one event more. */
    static final int LIVE_BYTES = 64 * 1024;

    /**
     * What a reader needs of the stream it belongs to.
     *
     * @param turns in which histories are read
     * @param opening makes what it begins with
     * @param farewell makes what it ends with if it is to come back later
     * @param buffer live events it may lag behind
     * @param waiting the account of what waits for readers
     * @param clock milliseconds that only go forward
     * @param ended told once, when the reader is gone for whatever reason
     */
    record Source(
            JobReader journal,
            Turns turns,
            Supplier<Frame> opening,
            Supplier<Frame> farewell,
            int buffer,
            WaitingBytes waiting,
            LongSupplier clock,
            Consumer<Reader> ended) {}

    private enum Phase {
        /** Reads the history, not yet listening. */
        HISTORY,
        /** Listens, and reads what was recorded before that. */
        REST,
        /** Passes on what it hears. */
        LIVE
    }

    private final JobId job;
    private final JobJson json;
    private final Source source;
    private final CoreSubscriber<? super Frame> subscriber;
    private final AtomicLong requested = new AtomicLong();
    private final AtomicInteger pending = new AtomicInteger(1); // held until start(): onSubscribe comes first
    private final Share share;

    // Guarded by this.
    private Phase phase = Phase.HISTORY;
    private final Frames past;
    private final Frames live;
    private @Nullable History reading;
    private long read;
    private long heard; // the highest number told; what is missing below it is read when its turn comes
    private int untold; // live events heard of and not kept
    private long
            lookedBackFor; // the live event for which the history was read last, because others were missing before it
    private boolean readAgain;
    private boolean paused;
    private boolean complete;
    private boolean found;
    private boolean erased;

    private boolean opened; // owned by the drain loop

    private volatile long lastSent;
    private volatile boolean beat;
    private volatile boolean leaving;
    private volatile @Nullable Throwable failure;
    private volatile boolean over;

    Reader(JobId job, long after, JobJson json, Source source, CoreSubscriber<? super Frame> subscriber) {
        this.job = job;
        this.json = json;
        this.source = source;
        this.subscriber = subscriber;
        this.read = after;
        this.lastSent = source.clock().getAsLong();
        this.share = source.waiting().open(this::cut);
        this.past = new Frames(share);
        this.live = new Frames(share);
    }

    @Override
    public JobId job() {
        return job;
    }

    /** While it reads the history it needs not be told of what is there; a live event that waits is as good as known. */
    @Override
    public synchronized long known() {
        return phase == Phase.LIVE ? Math.max(read, heard) : LOOKING;
    }

    void start() {
        subscriber.onSubscribe(this);
        readHistory();
        drainLoop();
    }

    /** Whether it is gone because it did not keep up. */
    boolean wasCut() {
        return failure instanceof SlowReaderException;
    }

    @Override
    public void tell(JobEvent event, Frame shared) {
        Frame frame = json.isBehindPrefix() ? Frame.of(event, json) : shared;
        synchronized (this) {
            if (over || phase == Phase.HISTORY) {
                return; // what is recorded by now is in the part of the history that comes next
            }
            heard = Math.max(heard, event.seq());
            if (live.size() + untold >= source.buffer()) {
                failure = new SlowReaderException();
            } else if (untold == 0 && live.bytes() < LIVE_BYTES) {
                live.add(frame);
            } else {
                untold++;
            }
        }
        drain();
    }

    @Override
    public void lookBack() {
        synchronized (this) {
            if (phase != Phase.LIVE) {
                readAgain = phase == Phase.REST;
                return;
            }
            phase = Phase.REST;
            untold = 0;
        }
        readHistory();
    }

    /** Sends a heartbeat if nothing was sent since then and the reader takes what it is sent. */
    void beatIfSilentSince(long since) {
        if (lastSent <= since && requested.get() > 0) {
            beat = true;
            drain();
        }
    }

    /** Ends the stream, with word of when to come back if the reader takes it. */
    @Override
    public void sendAway() {
        leaving = true;
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

    private void cut() {
        failure = new SlowReaderException();
        drain();
    }

    /** The rest is read from the last event on that is known: if not even that is there, the job was erased. */
    private void readHistory() {
        History next = new History(this, source.turns());
        long after;
        synchronized (this) {
            found = false;
            after = phase == Phase.REST ? Math.max(0, read - 1) : read;
            reading = next;
        }
        next.read(source.journal().history(job, after));
        if (over) {
            next.dispose();
        }
    }

    /** One event of the history; false if that is as much as may wait: from there on it is read later. */
    boolean recorded(JobEvent event) {
        Frame frame = Frame.of(event, json);
        boolean room;
        synchronized (this) {
            found = true;
            if (over || event.seq() <= read) {
                return !over;
            }
            if (event.seq() > read + 1) {
                past.add(Frame.gap(job, read + 1, event.seq(), event.at())); // what was between is no longer kept
            }
            read = event.seq();
            complete = frame.last();
            past.add(frame);
            room = complete || past.bytes() < PAST_BYTES;
        }
        if (room) {
            drain();
        }
        return room;
    }

    void historyPaused() {
        synchronized (this) {
            reading = null;
            paused = true;
        }
        drain();
    }

    void historyEnded() {
        boolean again;
        synchronized (this) {
            reading = null;
            erased = phase == Phase.REST && !found;
            again = !complete && !erased && (phase == Phase.HISTORY || readAgain);
            readAgain = false;
            phase = again ? Phase.REST : Phase.LIVE;
        }
        if (again) {
            readHistory();
        } else {
            drain();
        }
    }

    /** A journal that is away is no reason to end with an error, which a browser's {@code EventSource} takes for final. */
    void historyFailed(Throwable error) {
        if (error instanceof JournalUnavailableException || error instanceof JournalOverloadedException) {
            leaving = true;
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
            passOn();
            missed = pending.addAndGet(-missed);
        } while (missed != 0);
    }

    private void passOn() {
        while (!over) {
            Throwable error = failure;
            if (error != null) {
                if (end()) {
                    subscriber.onError(error);
                }
                return;
            }
            if (leaving) {
                leave();
                return;
            }
            if (requested.get() == 0) {
                return;
            }
            Frame next = opened ? next() : source.opening().get();
            if (next == null) {
                if (hasMoreToRead()) {
                    readHistory();
                } else {
                    leaveIfErased();
                }
                return;
            }
            send(next);
        }
    }

    private void send(Frame frame) {
        opened = true;
        beat = false;
        lastSent = source.clock().getAsLong();
        if (requested.get() != Long.MAX_VALUE) {
            requested.decrementAndGet();
        }
        subscriber.onNext(frame);
        if (frame.last() && end()) {
            subscriber.onComplete();
        }
    }

    private void leave() {
        if (end()) {
            if (requested.get() > 0) {
                subscriber.onNext(source.farewell().get());
            }
            subscriber.onComplete();
        }
    }

    /** Nothing will ever be told of the job: whoever comes back is told that it is gone. */
    private void leaveIfErased() {
        boolean nothingToCome;
        synchronized (this) {
            nothingToCome = erased;
        }
        if (nothingToCome && end()) {
            subscriber.onComplete();
        }
    }

    private @Nullable Frame next() {
        synchronized (this) {
            Frame frame = past.poll();
            frame = frame == null && phase == Phase.LIVE ? nextLive() : frame;
            if (frame != null) {
                return frame;
            }
        }
        return beat ? Frame.heartbeat() : null;
    }

    /** The next live event, unless others are missing before it that may be in the history. */
    private @Nullable Frame nextLive() {
        Frame event = firstUnread();
        if (event == null || event.at() == null) {
            return null;
        }
        if (event.seq() == read + 1) {
            read = event.seq();
            return live.poll();
        }
        if (mayBeInHistory(event.seq())) {
            return null;
        }
        Frame gap = Frame.gap(job, read + 1, event.seq(), event.at());
        read = event.seq() - 1;
        return gap;
    }

    /** Of the live events the first that is new, after dropping those that are not. */
    private @Nullable Frame firstUnread() {
        Frame frame = live.peek();
        while (frame != null && frame.seq() <= read) {
            live.poll();
            frame = live.peek();
        }
        return frame;
    }

    /** Whether what is missing before a live event is worth a look: not if there was one for this very event. */
    private boolean mayBeInHistory(long event) {
        return !erased && lookedBackFor != event;
    }

    /**
     * Whether there is more in the history: what had no room, what live events wait for that was not told, or live events
     * that were not kept. If so, it is up to the caller to read it.
     */
    private synchronized boolean hasMoreToRead() {
        if (paused) {
            paused = false;
            return true;
        } else if (phase != Phase.LIVE) {
            return false;
        }
        Frame event = firstUnread();
        long missedBefore = event != null ? event.seq() : untold > 0 ? heard + 1 : 0;
        untold = 0;
        if (missedBefore <= read + 1 || !mayBeInHistory(missedBefore)) {
            return false;
        }
        lookedBackFor = missedBefore;
        phase = Phase.REST;
        return true;
    }

    /** Lets go of everything, once; true for whoever did it. */
    private boolean end() {
        History from;
        synchronized (this) {
            if (over) {
                return false;
            }
            over = true;
            past.clear();
            live.clear();
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
