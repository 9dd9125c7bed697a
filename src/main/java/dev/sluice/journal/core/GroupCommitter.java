package dev.sluice.journal.core;

import dev.sluice.journal.JournalOverloadedException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.util.concurrent.Queues;

/**
 * Group commit: concurrent callers share a write. While one batch is written the next one accumulates, so that batches
 * grow with the load. Each lane is a thread that writes one batch after another; with a single lane members are written
 * in the order of submission.
 *
 * @param <M> the type of the members
 */
public final class GroupCommitter<M extends GroupCommitter.Member> implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(GroupCommitter.class);
    private static final int WAITING_MEMBERS = 32 * 1024;
    private static final long WAITING_WEIGHT =
            Math.min(64L << 20, Runtime.getRuntime().maxMemory() / 8); // several committers share the heap

    /** A member of a batch. */
    public interface Member {

        /** The approximate number of bytes of memory that it holds while it waits. */
        default int weight() {
            return 256;
        }

        /** Whether it may be rejected on overload: true for requests of clients. */
        default boolean refusable() {
            return false;
        }

        /** It failed; no reader will observe any effect of it. */
        void failed(Throwable error);
    }

    /** Writes batches. Blocks. */
    @FunctionalInterface
    public interface Carrier<M> {

        /** Completes each member. What this throws fails all of them. */
        void carry(List<M> batch);

        /** Returns why refusable members are rejected at present; null if they are accepted. Thread-safe. */
        default @Nullable RuntimeException refusal(M member) {
            return null;
        }

        /**
         * Runs maintenance while no member waits; returns after how many nanoseconds at most it is to be called again.
         */
        default long idle() {
            return Long.MAX_VALUE;
        }

        /** Reports a failure that is a bug. */
        default void mistake(Throwable error) {}
    }

    private final Carrier<M> carrier;
    private final int mostMembers;
    private final long mostWeight;
    private final List<Lane> lanes;
    private final Queue<M> waiting = Queues.<M>unboundedMultiproducer().get(); // bounded by count and weight
    private final AtomicInteger waitingMembers = new AtomicInteger();
    private final AtomicLong waitingWeight = new AtomicLong();
    private volatile boolean closed;

    /**
     * Creates a committer that writes nothing before {@link #start}.
     *
     * @param name the prefix of its threads' names
     * @param lanes how many batches are written concurrently
     * @param mostMembers of a batch
     * @param mostWeight of a batch, but for its last member
     */
    public GroupCommitter(String name, int lanes, int mostMembers, long mostWeight, Carrier<M> carrier) {
        this.carrier = carrier;
        this.mostMembers = mostMembers;
        this.mostWeight = mostWeight;
        this.lanes = IntStream.range(0, lanes)
                .mapToObj(i -> new Lane(lanes == 1 ? name : name + "-" + i))
                .toList();
    }

    /** Starts the lanes. */
    public void start() {
        lanes.forEach(lane -> lane.thread.start());
    }

    /** Submits a member without blocking; thread-safe. Its outcome is signalled on the thread of a lane. */
    public void submit(M member) {
        if (closed) {
            fail(member, closedError());
            return;
        }
        int weight = member.weight();
        if (member.refusable()) {
            if (waitingMembers.get() >= WAITING_MEMBERS || isTooMuch(waitingWeight.get(), weight)) {
                fail(member, new JournalOverloadedException());
                return;
            }
            RuntimeException refusal = carrier.refusal(member);
            if (refusal != null) {
                fail(member, refusal);
                return;
            }
        }
        waitingMembers.incrementAndGet();
        waitingWeight.addAndGet(weight);
        waiting.add(member);
        wakeOne();
        if (closed && lanes.stream().noneMatch(lane -> lane.thread.isAlive())) {
            refuseWaiting();
        }
    }

    /** Writes the waiting members, then stops; later ones fail. Blocks until that is done. */
    @Override
    public void close() {
        closed = true;
        lanes.forEach(lane -> LockSupport.unpark(lane.thread));
        boolean interrupted = false;
        for (Lane lane : lanes) {
            while (lane.thread.isAlive()) {
                try {
                    lane.thread.join();
                } catch (InterruptedException e) {
                    interrupted = true; // giving up now could close the store under a write
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        refuseWaiting();
    }

    /** A member above the limit is accepted when no other waits. */
    private static boolean isTooMuch(long waiting, int weight) {
        return waiting > 0 && waiting + weight > WAITING_WEIGHT;
    }

    private void wakeOne() {
        for (Lane lane : lanes) {
            if (lane.asleep) {
                LockSupport.unpark(lane.thread);
                return;
            }
        }
    }

    /** Fails the members submitted while the last batch was written. To be called after the lanes have stopped. */
    private void refuseWaiting() {
        synchronized (waiting) { // the queue allows one consumer at a time
            for (M member = waiting.poll(); member != null; member = waiting.poll()) {
                fail(member, closedError());
            }
        }
    }

    private void take(List<M> batch) {
        long weight = 0;
        synchronized (waiting) {
            while (batch.size() < mostMembers && weight < mostWeight) {
                M member = waiting.poll();
                if (member == null) {
                    break;
                }
                batch.add(member);
                weight += member.weight();
            }
        }
        waitingMembers.addAndGet(-batch.size());
        waitingWeight.addAndGet(-weight);
    }

    private boolean isOver() {
        return closed && waitingMembers.get() == 0;
    }

    /** Errors of the callback are contained: the lane must go on. */
    private void fail(M member, Throwable error) {
        try {
            member.failed(error);
        } catch (RuntimeException e) {
            log.error("Telling a caller that its change failed has failed", e);
            carrier.mistake(e);
        }
    }

    private static IllegalStateException closedError() {
        return new IllegalStateException("the journal is closed");
    }

    /** A thread that writes one batch after another. */
    private final class Lane implements Runnable {

        private final Thread thread;
        private volatile boolean asleep;

        Lane(String name) {
            this.thread = new Thread(this, name);
        }

        @Override
        public void run() {
            List<M> batch = new ArrayList<>();
            while (!isOver()) {
                take(batch);
                if (batch.isEmpty()) {
                    sleep();
                    continue;
                }
                if (!waiting.isEmpty()) {
                    wakeOne(); // more than one batch is waiting
                }
                carry(batch);
                batch.clear();
            }
            lanes.forEach(lane -> LockSupport.unpark(lane.thread)); // the other lanes stop, too
        }

        private void carry(List<M> batch) {
            try {
                carrier.carry(batch);
            } catch (RuntimeException | Error e) {
                // A bug must not end a writing thread; the waiting members fail.
                log.error("The writer {} met an unexpected error", thread.getName(), e);
                carrier.mistake(e);
                batch.forEach(member -> fail(member, e));
            }
        }

        private void sleep() {
            asleep = true;
            if (waiting.isEmpty() && !isOver()) {
                long most = idle();
                if (most == Long.MAX_VALUE) {
                    LockSupport.park(this);
                } else {
                    LockSupport.parkNanos(this, most);
                }
            }
            asleep = false;
        }

        private long idle() {
            try {
                return carrier.idle();
            } catch (RuntimeException e) {
                log.error("The writer {} met an unexpected error", thread.getName(), e);
                carrier.mistake(e);
                return Long.MAX_VALUE;
            }
        }
    }
}
