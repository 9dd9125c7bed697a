package dev.sluice.events;

import dev.sluice.job.GroupEvent;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;

/**
 * Sends one reader the events of one group: from the journal up to where the {@link GroupChannel} is, then the chunks of the channel,
 * which all its readers share. A reader that falls behind by more than the channel keeps reads from the journal again, at its own
 * pace; nobody waits for it. Signals arrive on threads of the journal, of the channel and of the subscriber.
 */
final class GroupSubscription extends FrameSubscription implements HistoryReader<GroupEvent> {

    private final GroupChannel channel;

    // Guarded by this.
    private final SseFrameQueue history;
    private long position; // all events up to this number were sent or are queued
    private @Nullable GroupChunk
            taken; // the live chunk behind which to go on; null: the reader has to join the channel
    private long joinedAt; // the number that the history must reach before live chunks follow
    private @Nullable HistorySubscriber<GroupEvent> reading;
    private boolean historyDue;
    private boolean closed;

    private volatile boolean erased;

    /**
     * Creates a subscription that is not started.
     *
     * @param after the number of the last event that the reader has seen
     * @param first what it is sent before the events, and counts as seen; null for nothing
     */
    GroupSubscription(
            GroupChannel channel,
            long after,
            @Nullable SseFrame first,
            Source source,
            CoreSubscriber<? super SseFrame> subscriber) {
        super(source, subscriber);
        this.channel = channel;
        this.history = new SseFrameQueue(share());
        this.position = after;
        if (first != null) {
            history.add(first);
        }
    }

    GroupChannel channel() {
        return channel;
    }

    @Override
    void begin() {
        join();
    }

    /** Listens before it reads, so that no event is missed in between. */
    private void join() {
        GroupChunk end = channel.end();
        boolean behind;
        synchronized (this) {
            taken = end;
            joinedAt = end.last();
            behind = position < joinedAt;
        }
        if (behind) {
            readHistory();
        }
    }

    /**
     * A chunk was appended.
     *
     * @param most the bytes that a reader may be behind
     * @return by how many bytes it is behind; 0 if it does not follow the channel at present
     */
    long published(GroupChunk end, long most) {
        synchronized (this) {
            if (taken != null && end.until() - taken.until() > most) {
                taken = null;
            }
        }
        drain();
        synchronized (this) {
            return taken == null ? 0 : end.until() - taken.until();
        }
    }

    /** Whether it waits for the channel's next chunk, or is a few behind. */
    synchronized boolean isFollowing() {
        return taken != null && reading == null && !historyDue;
    }

    /** Lets go of the channel's chunks. */
    void leaveChannel() {
        synchronized (this) {
            taken = null;
        }
        drain();
    }

    /** The group was erased, or the journal is closed: nothing follows. */
    void onChannelEnd() {
        erased = true;
        drain();
    }

    private void readHistory() {
        HistorySubscriber<GroupEvent> next = new HistorySubscriber<>(this, historyPermits());
        long after;
        synchronized (this) {
            historyDue = false;
            after = position;
            reading = next;
        }
        next.read(channel.history(after));
        if (hasEnded()) {
            next.dispose();
        }
    }

    @Override
    public boolean onRecorded(GroupEvent event) {
        SseFrame frame = channel.frames().of(event);
        boolean more;
        synchronized (this) {
            if (closed) {
                return false;
            }
            if (frame.seq() > position) {
                position = frame.seq();
                history.add(frame);
            }
            more = frame.last() || history.bytes() < Resequencer.HISTORY_BYTES;
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
            historyDue = true;
        }
        drain();
    }

    /** What the history did not have up to where the reader joined is no longer kept. */
    @Override
    public void onHistoryEnd() {
        synchronized (this) {
            reading = null;
            if (taken != null) {
                position = Math.max(position, joinedAt);
            }
        }
        drain();
    }

    @Override
    @Nullable
    SseFrame next(boolean beat) {
        SseFrame next;
        GroupChunk now;
        synchronized (this) {
            next = history.poll();
            if (next != null || reading != null || historyDue || taken == null) {
                return next;
            }
            next = nextLive(taken);
            now = taken;
        }
        if (next != null && now != null) {
            channel.taken(now);
        }
        return next;
    }

    private @Nullable SseFrame nextLive(GroupChunk from) {
        GroupChunk before = from;
        GroupChunk chunk = before.next();
        while (chunk != null && chunk.last() <= position) {
            before = chunk;
            chunk = before.next();
        }
        taken = chunk == null ? before : chunk;
        if (chunk == null) {
            return null;
        }
        SseFrame frame = chunk.after(position);
        position = chunk.last();
        return frame;
    }

    @Override
    void onNothing() {
        boolean due;
        boolean apart;
        synchronized (this) {
            if (reading != null) {
                return;
            }
            due = historyDue;
            apart = taken == null;
        }
        if (erased) {
            complete();
        } else if (due) {
            readHistory();
        } else if (apart) {
            join();
        }
    }

    @Override
    void release() {
        HistorySubscriber<GroupEvent> from;
        synchronized (this) {
            closed = true;
            history.clear();
            taken = null;
            from = reading;
        }
        if (from != null) {
            from.dispose();
        }
    }
}
