package dev.sluice.journal.postgres;

import dev.sluice.journal.JournalOverloadedException;
import dev.sluice.journal.JournalUnavailableException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.util.concurrent.Queues;

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
    private static final long FIRST_PAUSE_MILLIS = 20;
    private static final long LONGEST_PAUSE_MILLIS = 500;

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

        /** It is over; on the journal's thread. */
        void failed(Throwable error);
    }

    /** Takes groups to the database and back. */
    interface Carrier<M> {

        /**
         * Tells the members what became of them, each when that is known, and takes those out of the list; completes
         * with none left. Subscribed to on the journal's thread, to which it must return before it tells anybody.
         *
         * @param again whether the members may have been written by an earlier try whose end nobody knows
         */
        Mono<Void> carry(List<M> group, boolean again);

        /** These are told next that they failed, although they may have been written; on the journal's thread. */
        default void givenUp(List<M> unsure) {}
    }

    private final String name;
    private final Carrier<M> carrier;
    private final Database database;
    private final Scheduler scheduler;
    private final JournalMeters.Groups meters;
    private final int lanes;
    private final int most;

    private final Queue<M> coming = Queues.<M>unboundedMultiproducer().get(); // bounded by the two counts
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicLong weight = new AtomicLong();
    private final AtomicBoolean called = new AtomicBoolean();
    private final Sinks.Empty<Void> quiet = Sinks.empty();
    private volatile boolean closed;

    // What follows belongs to the scheduler's thread.
    private final Deque<M> alone = new ArrayDeque<>();
    private int underWay;

    /**
     * Makes one that is idle.
     *
     * @param lanes how many groups may be under way at once
     * @param most members of a group
     * @param scheduler the journal's thread
     */
    Grouper(
            String name,
            Carrier<M> carrier,
            Database database,
            Scheduler scheduler,
            JournalMeters meters,
            int lanes,
            int most) {
        this.name = name;
        this.carrier = carrier;
        this.database = database;
        this.scheduler = scheduler;
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
        call();
    }

    private boolean isWorthATry(M member) {
        return member.writes() ? database.health().up() : database.isReadable();
    }

    /** Completes when what was taken on is over; what comes later fails. */
    Mono<Void> close() {
        closed = true;
        call();
        return quiet.asMono();
    }

    private void call() {
        if (!called.get() && called.compareAndSet(false, true)) {
            scheduler.schedule(this::take);
        }
    }

    private void take() {
        called.set(false);
        while (underWay < lanes) {
            List<M> group = next();
            if (group.isEmpty()) {
                break;
            }
            underWay++;
            new Way(group).go();
        }
        if (closed && underWay == 0 && waiting.get() == 0 && alone.isEmpty()) {
            quiet.emitEmpty(Sinks.EmitFailureHandler.FAIL_FAST); // does nothing the second time
        }
    }

    private List<M> next() {
        M single = alone.poll();
        if (single != null) {
            return new ArrayList<>(List.of(single));
        }
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

    /** One group on its way; on the journal's thread. */
    private final class Way {

        private final List<M> group;
        private final long begin = System.nanoTime();
        private final int size;
        private boolean again;
        private int tries;
        private long firstLost;

        Way(List<M> group) {
            this.group = group;
            this.size = group.size();
        }

        void go() {
            tries++;
            Mono.defer(() -> carrier.carry(group, again))
                    .publishOn(scheduler)
                    .subscribe(nothing -> {}, this::broke, this::arrived);
        }

        private void arrived() {
            meters.done(size, System.nanoTime() - begin);
            group.forEach(member -> fail(member, new IllegalStateException("nothing became of it")));
            end();
        }

        private void broke(Throwable error) {
            Faults.Kind kind = Faults.kind(error);
            if (kind == Faults.Kind.CLASH && tries < CLASHES) {
                go();
            } else if (kind == Faults.Kind.UNKNOWN || (again && kind == Faults.Kind.REFUSED)) {
                lost(error);
            } else if (kind == Faults.Kind.MISTAKE) {
                mistaken(error);
            } else {
                giveUp(error);
            }
        }

        private void lost(Throwable error) {
            long now = System.nanoTime();
            firstLost = again ? firstLost : now;
            again = true;
            Duration patience = database.timeout();
            if (now - firstLost > patience.toNanos()) {
                giveUp(error);
                return;
            }
            long pause = Math.min(LONGEST_PAUSE_MILLIS, FIRST_PAUSE_MILLIS << Math.min(tries, 10));
            scheduler.schedule(this::go, pause, TimeUnit.MILLISECONDS);
        }

        /** One of them is at fault: the others must not suffer, so each goes on its own. */
        private void mistaken(Throwable error) {
            if (group.size() > 1) {
                log.warn("A group of {} {} failed and is divided", group.size(), name, error);
                alone.addAll(group);
            } else {
                group.forEach(member -> fail(member, error));
            }
            end();
        }

        private void giveUp(Throwable error) {
            JournalUnavailableException told = error instanceof JournalUnavailableException already
                    ? already
                    : new JournalUnavailableException(Faults.words(error), error);
            List<M> left = List.copyOf(group);
            if (again) {
                carrier.givenUp(left);
            }
            left.forEach(member -> fail(member, told));
            end();
        }

        private void end() {
            underWay--;
            take();
        }
    }
}
