package dev.sluice.journal.core.queue;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;

/**
 * A queued job in the {@link DueIndex}, reduced to what is needed to order it. There may be a million of these, so the
 * id is held as two numbers instead of another object, its turn and its caller are shared, the links of the index's heap
 * and table are intrusive, and only a {@link DelayedJob} has a due time: that makes 64 bytes, and one field more would make
 * 72. Its {@link #slot} says where it is: in the heap of the delayed ones, or {@link #READY} or {@link #ASIDE}.
 */
class WaitingJob extends WaitingHeap.Entry {

    /** The waiting time that outweighs one step of urgency. */
    private static final long MILLIS_PER_URGENCY = 30_000;

    /** The slot of one that is due, in its turn. */
    static final int READY = -2;

    /** The slot of one that is due and set aside, because its caller is held. */
    static final int ASIDE = -3;

    final long high;
    final long low;
    final long order;
    final long rank;
    final byte urgency;
    final boolean retried;
    final Turn turn;
    final WaitingCaller caller;

    /** The number of the next one in its bucket of the table by id. */
    int next;

    WaitingJob(Job job, Turn turn, WaitingCaller caller) {
        this.high = job.id().high();
        this.low = job.id().low();
        this.order = job.order();
        this.urgency = (byte) job.spec().urgency();
        this.rank = job.spec().acceptedAt().toEpochMilli() + urgency * MILLIS_PER_URGENCY;
        this.retried = job.attempt() > 0;
        this.turn = turn;
        this.caller = caller;
    }

    JobId id() {
        return new JobId(high, low);
    }

    long acceptedMillis() {
        return rank - urgency * MILLIS_PER_URGENCY;
    }

    boolean is(JobId id) {
        return low == id.low() && high == id.high();
    }

    boolean before(WaitingJob other) {
        return rank != other.rank ? rank < other.rank : orderBefore(other);
    }

    boolean orderBefore(WaitingJob other) {
        return order != other.order ? order < other.order : low < other.low; // unique
    }
}
