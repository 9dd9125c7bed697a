package dev.sluice.events;

import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Receives the live events of one job on this node. Implementations must not block. Events are delivered by one thread at a
 * time; {@link #disconnect} may be called by any other thread, also concurrently.
 */
interface JobListener {

    /** Returned by {@link #knownSeq} while the listener reads the journal itself. */
    long CATCHING_UP = Long.MAX_VALUE;

    JobId job();

    /**
     * The number of the last event that the listener has seen, or will see without being notified again; later ones must be
     * delivered to it. {@link #CATCHING_UP} while it reads the journal itself and so needs no delivery of what is stored.
     * For any thread, cheap: all listeners are asked about every second.
     */
    long knownSeq();

    /**
     * Where events are delivered to it, one after the other: the event loop of its connection, so that nobody else wakes it; null for
     * the thread of this package. The same object for the listeners of one event loop, to which an event is handed over once.
     */
    default @Nullable Executor executor() {
        return null;
    }

    /**
     * Delivers an event of the job. Earlier ones may have been left out if another node recorded them.
     *
     * @param frame the event as most readers are sent it
     */
    void onEvent(JobEvent event, SseFrame frame);

    /** Some events may not have been delivered; a listener that needs them reads them from the journal. */
    void catchUp();

    /** The node stops and delivers nothing more. */
    void disconnect();
}
