package dev.sluice.events;

import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.journal.JobReader;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
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
 * <p>Signals come from the journal, from whoever tells live events, and from the subscriber, on any of their threads; the
 * drain loop passes them on one after the other. The lock guards the two queues and is held for moments only.
 */
final class Reader implements Subscription, Follower {

    /**
     * What a reader needs of the stream it belongs to.
     *
     * @param buffer live events it may lag behind
     * @param clock milliseconds that only go forward
     * @param ended told once, when the reader is gone for whatever reason
     */
    record Source(JobReader journal, Frame opening, int buffer, LongSupplier clock, Consumer<Reader> ended) {}

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

    // Guarded by this.
    private Phase phase = Phase.HISTORY;
    private final Queue<Frame> past = new ArrayDeque<>(2);
    private @Nullable Queue<Frame> live;
    private @Nullable History reading;
    private long read;
    private long heard; // the highest number told; what is missing below it is read when its turn comes
    private long
            lookedBackFor; // the live event for which the history was read last, because others were missing before it
    private boolean readAgain;
    private boolean complete;
    private boolean found;
    private boolean erased;

    private boolean opened; // owned by the drain loop

    private volatile long lastSent;
    private volatile boolean beat;
    private volatile @Nullable Frame farewell;
    private volatile @Nullable Throwable failure;
    private volatile boolean over;

    Reader(JobId job, long after, JobJson json, Source source, CoreSubscriber<? super Frame> subscriber) {
        this.job = job;
        this.json = json;
        this.source = source;
        this.subscriber = subscriber;
        this.read = after;
        this.lastSent = source.clock().getAsLong();
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
            if (live == null) {
                live = new ArrayDeque<>(2);
            }
            heard = Math.max(heard, event.seq());
            if (live.size() < source.buffer()) {
                live.add(frame);
            } else {
                live.clear();
                failure = new SlowReaderException();
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

    /** Ends the stream, with a last frame if the reader takes it. */
    @Override
    public void sendAway(Frame last) {
        farewell = last;
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

    /** The rest is read from the last event on that is known: if not even that is there, the job was erased. */
    private void readHistory() {
        History next;
        synchronized (this) {
            found = false;
            next = new History(this, phase == Phase.REST ? Math.max(0, read - 1) : read);
            reading = next;
        }
        source.journal().history(job, next.after()).subscribe(next);
        if (over) {
            next.dispose();
        }
    }

    /** One event of the history. */
    void recorded(JobEvent event) {
        Frame frame = Frame.of(event, json);
        synchronized (this) {
            found = true;
            if (event.seq() <= read) {
                return;
            }
            if (event.seq() > read + 1) {
                past.add(Frame.gap(event, read + 1)); // what was between is no longer kept
            }
            read = event.seq();
            complete = event instanceof JobEvent.Finished;
            past.add(frame);
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

    void historyFailed(Throwable error) {
        failure = error;
        drain();
    }

    /** How many frames of the history wait to be passed on. */
    synchronized int waiting() {
        return past.size();
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
            Frame last = farewell;
            if (last != null) {
                leave(last);
                return;
            }
            if (requested.get() == 0) {
                return;
            }
            Frame next = opened ? next() : source.opening();
            if (next == null) {
                if (missesSome()) {
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
        JobEvent event = frame.event();
        if (event == null) {
            return;
        }
        History from = reading;
        if (from != null) {
            from.more();
        }
        if (event instanceof JobEvent.Finished && end()) {
            subscriber.onComplete();
        }
    }

    private void leave(Frame last) {
        if (end()) {
            if (requested.get() > 0) {
                subscriber.onNext(last);
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
        JobEvent event = firstUnread();
        if (live == null || event == null) {
            live = null; // an idle reader holds no queue
            return null;
        }
        if (event.seq() == read + 1) {
            read = event.seq();
            return live.poll();
        }
        if (mayBeInHistory(event)) {
            return null;
        }
        Frame gap = Frame.gap(event, read + 1);
        read = event.seq() - 1;
        return gap;
    }

    /** Of the live events the first that is new, after dropping those that are not. */
    private @Nullable JobEvent firstUnread() {
        while (live != null) {
            Frame frame = live.peek();
            JobEvent event = frame == null ? null : frame.event();
            if (event == null || event.seq() > read) {
                return event;
            }
            live.poll();
        }
        return null;
    }

    /** Whether what is missing before a live event is worth a look: not if there was one for this very event. */
    private boolean mayBeInHistory(JobEvent event) {
        return !erased && lookedBackFor != event.seq();
    }

    /** Whether a live event waits for others that were not told; if so, it is up to the caller to read the history. */
    private boolean missesSome() {
        synchronized (this) {
            JobEvent event = phase == Phase.LIVE ? firstUnread() : null;
            if (event == null || event.seq() == read + 1 || !mayBeInHistory(event)) {
                return false;
            }
            lookedBackFor = event.seq();
            phase = Phase.REST;
            return true;
        }
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
            live = null;
            from = reading;
        }
        if (from != null) {
            from.dispose();
        }
        source.ended().accept(this);
        return true;
    }
}
