package dev.sluice.journal.postgres;

import dev.sluice.journal.JournalOverloadedException;
import dev.sluice.journal.JournalUnavailableException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * Gathers callers that wait at the same moment: while a group is on its way to the database, the next one grows. So groups
 * grow with the load, and a statement, and the sync of the log behind it, is shared by as many as came meanwhile.
 *
 * <p>What waits is bounded in number and bytes, and while the database is away, who may be refused is refused at once.
 * Everybody is told in bounded time: a group whose connection broke is carried again, because nobody knows whether it was
 * written, and after {@link Database#timeout} its members fail.
 */
final class Grouper<M extends Grouper.Member> {

    private static final Logger log = LoggerFactory.getLogger(Grouper.class);

    private static final int WAITING_MEMBERS = 32 * 1024;
    private static final long WAITING_WEIGHT = 64L << 20;
    private static final int GROUP_WEIGHT = 1 << 20;
    private static final int CLASHES = 20;

    /** One of a group. */
    interface Member {

        /** About how many bytes it holds. */
        int weight();

        /** Whether it may be refused while too much waits or the database is away. */
        boolean refusable();

        /** Whether it is of no use to try it while nothing can be written. */
        default boolean writes() {
            return true;
        }

        /** It is over. */
        void failed(Throwable error);
    }

    /** Takes groups to the database and back. */
    interface Carrier<M> {

        /**
         * Tells the members what became of them, each when that is known, and takes those out of the list; returns with none
         * left. Blocks.
         *
         * @param again whether the members may have been written by an earlier try whose end nobody knows
         */
        void carry(List<M> group, boolean again);

        /** These are told next that they failed, although they may have been written. */
        default void givenUp(List<M> unsure) {}
    }

    private final String name;
    private final Carrier<M> carrier;
    private final Database database;
    private final Executor threads;
    private final JournalMeters.Groups meters;
    private final int lanes;
    private final int most;

    private final Queue<M> coming = new ConcurrentLinkedQueue<>(); // bounded by the two counts
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicLong weight = new AtomicLong();
    private final AtomicInteger underWay = new AtomicInteger();
    private final CompletableFuture<Void> quiet = new CompletableFuture<>();
    private volatile boolean closed;

    /**
     * Makes one that is idle.
     *
     * @param threads at least as many as there are lanes
     * @param lanes how many groups may be under way at once
     * @param most members of a group
     */
    Grouper(
            String name,
            Carrier<M> carrier,
            Database database,
            Executor threads,
            JournalMeters meters,
            int lanes,
            int most) {
        this.name = name;
        this.carrier = carrier;
        this.database = database;
        this.threads = threads;
        this.meters = meters.groups(name);
        this.lanes = lanes;
        this.most = most;
    }

    /** Hands one over, from any thread, without ever blocking. */
    void submit(M member) {
        if (closed) {
            member.failed(closedError());
            return;
        }
        if (member.refusable()) {
            if (waiting.get() >= WAITING_MEMBERS || weight.get() + member.weight() > WAITING_WEIGHT) {
                member.failed(new JournalOverloadedException());
                return;
            }
            if (!isWorthATry(member)) {
                member.failed(new JournalUnavailableException(database.health().detail(), null));
                return;
            }
        }
        waiting.incrementAndGet();
        weight.addAndGet(member.weight());
        coming.add(member);
        begin();
    }

    private boolean isWorthATry(M member) {
        return member.writes() ? database.health().up() : database.isReadable();
    }

    /** Completes when what was taken on is over; what comes later fails. */
    Mono<Void> close() {
        closed = true;
        begin();
        return Mono.fromFuture(quiet, true);
    }

    /** Takes one more lane into use, if there is one. */
    private void begin() {
        int busy = underWay.get();
        while (busy < lanes) {
            if (underWay.compareAndSet(busy, busy + 1)) {
                threads.execute(this::work);
                return;
            }
            busy = underWay.get();
        }
    }

    private void work() {
        try {
            for (List<M> group = next(); !group.isEmpty(); group = next()) {
                carry(group);
            }
        } finally {
            int busy = underWay.decrementAndGet();
            if (!coming.isEmpty()) {
                begin(); // came after it was looked for
            } else if (closed && busy == 0) {
                quiet.complete(null);
            }
        }
    }

    private List<M> next() {
        List<M> group = new ArrayList<>();
        long bytes = 0;
        while (group.size() < most && bytes < GROUP_WEIGHT) {
            M member = coming.poll();
            if (member == null) {
                break;
            }
            waiting.decrementAndGet();
            weight.addAndGet(-member.weight());
            if (member.refusable() && !isWorthATry(member)) {
                fail(member, new JournalUnavailableException(database.health().detail(), null));
                continue;
            }
            group.add(member);
            bytes += member.weight();
        }
        return group;
    }

    private void carry(List<M> group) {
        Queue<List<M>> parts = new ArrayDeque<>();
        parts.add(group);
        for (List<M> part = parts.poll(); part != null; part = parts.poll()) {
            int size = part.size();
            long begin = System.nanoTime();
            RuntimeException mistake = untilDone(part);
            if (mistake == null) {
                meters.done(size, System.nanoTime() - begin);
                part.forEach(member -> fail(member, new IllegalStateException("nothing became of it")));
            } else if (part.size() > 1) {
                // One of them is at fault: the others must not suffer, so each goes on its own.
                log.warn("A group of {} {} failed and is divided", part.size(), name, mistake);
                part.forEach(member -> parts.add(new ArrayList<>(List.of(member))));
            } else {
                part.forEach(member -> fail(member, mistake));
            }
        }
    }

    /** Carries a group until everybody is told; returns what is wrong with those that are left, if something is. */
    private @org.jspecify.annotations.Nullable RuntimeException untilDone(List<M> group) {
        boolean again = false;
        Backoff backoff = new Backoff(database.timeout());
        for (int tries = 1; ; tries++) {
            try {
                carrier.carry(group, again);
                return null;
            } catch (RuntimeException e) {
                Faults.Kind kind = Faults.kind(e);
                if (kind == Faults.Kind.MISTAKE) {
                    return e;
                } else if (kind == Faults.Kind.UNKNOWN || (again && kind == Faults.Kind.REFUSED)) {
                    again = true;
                    if (!backoff.pause()) {
                        giveUp(group, e, true);
                        return null;
                    }
                } else if (kind == Faults.Kind.REFUSED || tries >= CLASHES) {
                    giveUp(group, e, again);
                    return null;
                }
            }
        }
    }

    private void giveUp(List<M> group, RuntimeException error, boolean again) {
        JournalUnavailableException told = error instanceof JournalUnavailableException already
                ? already
                : new JournalUnavailableException(Faults.words(error), error);
        List<M> left = List.copyOf(group);
        group.clear();
        if (again) {
            carrier.givenUp(left);
        }
        left.forEach(member -> fail(member, told));
    }

    private void fail(M member, Throwable error) {
        try {
            member.failed(error);
        } catch (RuntimeException e) {
            log.error("Telling a caller of the journal of an error has failed", e);
        }
    }

    private static IllegalStateException closedError() {
        return new IllegalStateException("the journal is closed");
    }
}
