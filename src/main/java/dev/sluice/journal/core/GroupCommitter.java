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
 * Group commit: callers that wait at the same moment share a write. While a group is being carried the next one gathers, so
 * groups grow with the load. Each lane is a thread that carries one group after the other; with one lane everything happens
 * in the order in which it came.
 *
 * @param <M> what callers hand over
 */
public final class GroupCommitter<M extends GroupCommitter.Member> implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(GroupCommitter.class);
    private static final int WAITING_MEMBERS = 32 * 1024;
    private static final long WAITING_WEIGHT =
            Math.min(64L << 20, Runtime.getRuntime().maxMemory() / 8); // there are several of these

    /** One of a group. */
    public interface Member {

        /** About how many bytes of memory it holds while it waits. */
        default int weight() {
            return 256;
        }

        /** Whether it may be refused while too much is waiting: true for what a stranger sends. */
        default boolean refusable() {
            return false;
        }

        /** Nothing of it was done, as far as anyone will ever see. */
        void failed(Throwable error);
    }

    /** Carries groups to where they are written; blocks meanwhile. */
    @FunctionalInterface
    public interface Carrier<M> {

        /** Tells each member what became of it. What this throws is told to all of them. */
        void carry(List<M> group);

        /** Why a member that may be refused is not even taken on at present; null if it is. For any thread. */
        default @Nullable RuntimeException refusal(M member) {
            return null;
        }

        /**
         * Does what is to be done while nothing waits; returns for how many nanoseconds at most the lane may sleep before
         * this is called again.
         */
        default long idle() {
            return Long.MAX_VALUE;
        }

        /** Something failed that must not: a mistake of ours. */
        default void mistake(Throwable error) {}
    }

    private final Carrier<M> carrier;
    private final int mostMembers;
    private final long mostWeight;
    private final List<Lane> lanes;
    private final Queue<M> waiting = Queues.<M>unboundedMultiproducer().get(); // bounded by the two counts
    private final AtomicInteger waitingMembers = new AtomicInteger();
    private final AtomicLong waitingWeight = new AtomicLong();
    private volatile boolean closed;

    /**
     * Makes one that carries nothing before {@link #start}.
     *
     * @param name of its threads
     * @param lanes how many groups may be under way at once
     * @param mostMembers of a group
     * @param mostWeight of a group, but for its last member
     */
    public GroupCommitter(String name, int lanes, int mostMembers, long mostWeight, Carrier<M> carrier) {
        this.carrier = carrier;
        this.mostMembers = mostMembers;
        this.mostWeight = mostWeight;
        this.lanes = IntStream.range(0, lanes)
                .mapToObj(i -> new Lane(lanes == 1 ? name : name + "-" + i))
                .toList();
    }

    /** Begins. */
    public void start() {
        lanes.forEach(lane -> lane.thread.start());
    }

    /** Hands over a member, from any thread, without ever blocking; its outcome comes on the thread of a lane. */
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

    /** Carries what waits, then ends; what comes later fails. Blocks until that is done. */
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

    /** One that is larger than all may be is taken when nothing else waits. */
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

    /** Tells those who came while the last group was carried. Only after the lanes have ended. */
    private void refuseWaiting() {
        synchronized (waiting) { // it has one taker at a time
            for (M member = waiting.poll(); member != null; member = waiting.poll()) {
                fail(member, closedError());
            }
        }
    }

    private void take(List<M> group) {
        long weight = 0;
        synchronized (waiting) {
            while (group.size() < mostMembers && weight < mostWeight) {
                M member = waiting.poll();
                if (member == null) {
                    break;
                }
                group.add(member);
                weight += member.weight();
            }
        }
        waitingMembers.addAndGet(-group.size());
        waitingWeight.addAndGet(-weight);
    }

    private boolean isOver() {
        return closed && waitingMembers.get() == 0;
    }

    /** Whatever becomes of telling it: the lane must go on. */
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

    /** A thread that carries one group after the other. */
    private final class Lane implements Runnable {

        private final Thread thread;
        private volatile boolean asleep;

        Lane(String name) {
            this.thread = new Thread(this, name);
        }

        @Override
        public void run() {
            List<M> group = new ArrayList<>();
            while (!isOver()) {
                take(group);
                if (group.isEmpty()) {
                    sleep();
                    continue;
                }
                if (!waiting.isEmpty()) {
                    wakeOne(); // more came at once than one lane takes
                }
                carry(group);
                group.clear();
            }
            lanes.forEach(lane -> LockSupport.unpark(lane.thread)); // the others are over, too
        }

        private void carry(List<M> group) {
            try {
                carrier.carry(group);
            } catch (RuntimeException | Error e) {
                // A mistake of ours must not end a thread that writes; those who wait are told.
                log.error("The writer {} met an unexpected error", thread.getName(), e);
                carrier.mistake(e);
                group.forEach(member -> fail(member, e));
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
