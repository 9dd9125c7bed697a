package dev.sluice.events;

import dev.sluice.job.JobId;
import dev.sluice.waiting.Share;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Decides which frame a reader of one job's events is sent next. Events come from two sources that overlap: the stored
 * history, which is read in parts, and live events, which may repeat what the history contained, arrive out of order, or
 * not arrive at all when another node fails. {@link #poll} returns them by number, without a gap and without a repeat.
 * Numbers that neither source has any more are reported by a {@code gap} frame.
 *
 * <p>This class does no I/O. The caller reads the history when it is told to and reports what it read:
 *
 * <ol>
 *   <li>Until the history has been read to its end for the first time, live events are ignored, since they are in the part
 *       that is read next.
 *   <li>From then on live events are queued. The history is read once more, from the last event on that was seen, for what
 *       was recorded before the first of them.
 *   <li>If more live events than the buffer holds arrive meanwhile, it begins again with the first step where it is.
 *   <li>A live event behind a missing number waits until the history was read again; once for each such event.
 * </ol>
 *
 * <p>What is queued is bounded in bytes. Beyond {@link #HISTORY_BYTES} reading the history pauses until the queue is empty;
 * beyond {@link #LIVE_BYTES} live events are only counted, and read from the history when their turn comes.
 *
 * <p>Not thread-safe.
 */
final class Resequencer {

    /** Bytes of the history that may be queued, and one event more. */
    static final int HISTORY_BYTES = 32 * 1024;

    /** Bytes of live events that may be queued, and one event more. */
    static final int LIVE_BYTES = 64 * 1024;

    /** What the caller does when {@link #poll} has nothing to emit. */
    enum Idle {
        /** Wait for more events. */
        WAIT,
        /** Read the history, beginning with {@link #beginHistory}. */
        READ_HISTORY,
        /** Complete the stream: no further event can follow. */
        COMPLETE
    }

    private enum Phase {
        /** The history is read and live events are ignored. */
        HISTORY,
        /** The history is read and live events are queued. */
        CATCH_UP,
        /** Live events are emitted. */
        LIVE
    }

    private final JobId job;
    private final int buffer;
    private final SseFrameQueue history;
    private final SseFrameQueue live;

    private Phase phase = Phase.HISTORY;
    private long sequenced; // all events up to this number were emitted or are queued from the history
    private long heard; // the highest number of a live event
    private int counted; // live events that were not queued for want of room
    private long repairedFor; // the live event before which the history was read last, because others were missing
    private boolean readAgain;
    private boolean readAny;
    private boolean paused;
    private boolean finished; // the job's last event was read from the history
    private boolean erased;
    private boolean closed;

    /**
     * Creates a resequencer that begins with the history.
     *
     * @param after the number of the last event that the reader has seen, 0 for none
     * @param buffer how many live events the reader may lag behind
     * @param share accounts for the bytes that are queued
     */
    Resequencer(JobId job, long after, int buffer, Share share) {
        this.job = job;
        this.sequenced = after;
        this.buffer = buffer;
        this.history = new SseFrameQueue(share);
        this.live = new SseFrameQueue(share);
    }

    /** As {@link JobListener#knownSeq}. An event that is queued counts as known. */
    long knownSeq() {
        return phase == Phase.LIVE ? Math.max(sequenced, heard) : JobListener.CATCHING_UP;
    }

    /**
     * Begins to read the history, or the next part of it.
     *
     * @return the number after which to read. While catching up that is the last but one that was seen: if not even the last
     *     one is found, the job has been erased
     */
    long beginHistory() {
        readAny = false;
        return phase == Phase.CATCH_UP ? Math.max(0, sequenced - 1) : sequenced;
    }

    /**
     * Adds an event of the history.
     *
     * @return false if there is no room for another one: reading stops and {@link #pauseHistory} is called
     */
    boolean addRecorded(SseFrame event) {
        readAny = true;
        if (closed) {
            return false;
        }
        finished |= event.last();
        if (event.seq() <= sequenced) {
            return true;
        }
        if (event.seq() > sequenced + 1) {
            history.add(gapBefore(event)); // what was between is no longer kept
        }
        sequenced = event.seq();
        history.add(event);
        return finished || history.bytes() < HISTORY_BYTES;
    }

    /** Reading stopped for want of room; {@link #idle} says when to go on. */
    void pauseHistory() {
        paused = true;
    }

    /**
     * The history has been read to its end.
     *
     * @return whether to read it again at once
     */
    boolean endHistory() {
        erased = phase == Phase.CATCH_UP && !readAny;
        boolean again = !finished && !erased && (phase == Phase.HISTORY || readAgain);
        readAgain = false;
        phase = again ? Phase.CATCH_UP : Phase.LIVE;
        return again;
    }

    /**
     * Adds a live event.
     *
     * @return false if the reader has caught up once and lags behind more of them than its buffer allows
     */
    boolean addLive(SseFrame event) {
        if (closed || phase == Phase.HISTORY) {
            return true;
        }
        heard = Math.max(heard, event.seq());
        if (live.size() + counted >= buffer) {
            return isStillCatchingUp();
        }
        if (counted == 0 && live.bytes() < LIVE_BYTES) {
            live.add(event);
        } else {
            counted++;
        }
        return true;
    }

    /** Takes a live event that is the one to emit next, past the queue. False, and nothing else, if it is not: it is to be added. */
    boolean passLive(SseFrame event) {
        if (closed || phase != Phase.LIVE || paused || history.size() + live.size() + counted > 0) {
            return false;
        } else if (event.seq() != sequenced + 1) {
            return false;
        }
        heard = Math.max(heard, event.seq());
        sequenced = event.seq();
        return true;
    }

    /**
     * Live events may have been missed.
     *
     * @return whether to read the history at once; if it is being read already, it is read again afterwards
     */
    boolean missed() {
        if (phase != Phase.LIVE) {
            readAgain = phase == Phase.CATCH_UP;
            return false;
        }
        phase = Phase.CATCH_UP;
        counted = 0;
        return true;
    }

    /** Removes the frame to emit next; null if there is none for now, see {@link #idle}. */
    @Nullable
    SseFrame poll() {
        SseFrame frame = history.poll();
        return frame == null && phase == Phase.LIVE ? pollLive() : frame;
    }

    /** What to do when {@link #poll} has returned null and nothing was added since. */
    Idle idle() {
        if (finished || erased) {
            return Idle.COMPLETE;
        }
        return isHistoryDue() ? Idle.READ_HISTORY : Idle.WAIT;
    }

    /** Drops what is queued and ignores what is added later. */
    void close() {
        closed = true;
        history.clear();
        live.clear();
    }

    /** The next live event, unless events are missing before it that the history may have. */
    private @Nullable SseFrame pollLive() {
        SseFrame event = firstNewLive();
        if (event == null) {
            return null;
        }
        if (event.seq() == sequenced + 1) {
            sequenced = event.seq();
            return live.poll();
        }
        if (mayBeRepaired(event.seq())) {
            return null;
        }
        SseFrame gap = gapBefore(event);
        sequenced = event.seq() - 1;
        return gap;
    }

    /** A reader is not slow because much happened while it was reading: it goes on with the history, and ignores live events again. */
    private boolean isStillCatchingUp() {
        if (phase == Phase.CATCH_UP) {
            phase = Phase.HISTORY;
            live.clear();
            counted = 0;
            readAgain = false;
        }
        return phase == Phase.HISTORY;
    }

    /** Drops repeats from the head of the live events. */
    private @Nullable SseFrame firstNewLive() {
        SseFrame event = live.peek();
        while (event != null && event.seq() <= sequenced) {
            live.poll();
            event = live.peek();
        }
        return event;
    }

    /** Consumes the reason to read the history: a paused part, or missing or merely counted live events. */
    private boolean isHistoryDue() {
        if (paused) {
            paused = false;
            return true;
        }
        if (phase != Phase.LIVE) {
            return false;
        }
        SseFrame event = firstNewLive();
        long missingBefore = event != null ? event.seq() : counted > 0 ? heard + 1 : 0;
        counted = 0;
        if (missingBefore <= sequenced + 1 || !mayBeRepaired(missingBefore)) {
            return false;
        }
        repairedFor = missingBefore;
        phase = Phase.CATCH_UP;
        return true;
    }

    /** Not if the history was read for this very event before. */
    private boolean mayBeRepaired(long event) {
        return !erased && repairedFor != event;
    }

    private SseFrame gapBefore(SseFrame event) {
        return SseFrame.gap(job, sequenced + 1, event.seq(), Objects.requireNonNull(event.at()));
    }
}
