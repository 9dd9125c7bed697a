package dev.sluice.backend;

import dev.sluice.route.CallPolicy;
import dev.sluice.route.Timeouts;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;

/**
 * How long a call may go on. An attempt has the policy's timeout for all of it, counted from
 * the backend's last report of progress if there was one, without the time in which nobody asks for more of its answer; of
 * a streamed answer, for its begin. A request that is passed through may take as
 * long as it moves, and it is only the backend's silence that counts: not the wait for a connection, and of the answer only
 * the time in which somebody asks for more of it; so it is within a streamed answer of an attempt. What moves costs a write of a field; there is one timer, which looks again
 * when it finds that something has moved. If it looks much too late, this process stood still meanwhile, and the time begins
 * anew: what the backend said by then is read only now. For any thread.
 */
final class Patience {

    private enum Turn {
        OURS,
        AWAITING_HEAD,
        AWAITING_BODY
    }

    private static final Duration SHORTEST = Duration.ofMillis(1);

    /** A timer that is later than this was kept from running. */
    private static final long MUCH_TOO_LATE = Duration.ofSeconds(1).toNanos();

    /** As long as nobody reads the answer its time stands still. */
    private static final Duration SHORTEST_UNREAD = Duration.ofMillis(50);

    private final CallPolicy policy;
    private final Timeouts timeouts;
    private final boolean passing;
    private final @Nullable Lifeline lifeline;
    private final AtomicLong asked = new AtomicLong();

    /** How long nobody has asked for more of the answer, and since when nobody does; 0 if somebody does. */
    private final AtomicLong unread = new AtomicLong();

    private final AtomicLong unreadSince = new AtomicLong();
    private volatile boolean flowing;
    private volatile Turn turn;
    private volatile long since = System.nanoTime();

    Patience(BackendRequest request, CallPolicy policy) {
        this.policy = policy;
        this.timeouts = policy.timeouts();
        this.passing = request.job() == null;
        this.lifeline = request.lifeline();
        this.turn = passing ? Turn.OURS : Turn.AWAITING_HEAD;
    }

    /** The request is being sent, or a piece of its body was. */
    void sent() {
        if (passing && turn != Turn.AWAITING_BODY) {
            since = System.nanoTime();
            turn = Turn.AWAITING_HEAD;
        }
    }

    /** The head of the answer is there, which says of what kind it is. */
    void answered(@Nullable String contentType) {
        if (passing || policy.streams(contentType)) {
            flowing = true;
            turn = Turn.AWAITING_BODY;
        } else {
            unreadSince.set(System.nanoTime());
        }
    }

    /** The body of the answer, looked at on its way. */
    <T> Flux<T> watch(Flux<T> body) {
        return body.doOnRequest(this::asked).doOnNext(piece -> came());
    }

    private void asked(long more) {
        if (asked.get() == 0) {
            if (flowing) {
                since = System.nanoTime();
            } else {
                unread.addAndGet(unreadFor());
                unreadSince.set(0);
            }
        }
        asked.getAndUpdate(before -> Operators.addCap(before, more));
    }

    private void came() {
        if (flowing) {
            since = System.nanoTime();
        }
        boolean last = asked.updateAndGet(before -> before == Long.MAX_VALUE ? before : before - 1) == 0;
        if (last && !flowing) {
            unreadSince.set(System.nanoTime());
        }
    }

    private long unreadFor() {
        long begun = unreadSince.get();
        return begun == 0 ? 0 : System.nanoTime() - begun;
    }

    /** Completes when it is over. */
    Mono<Void> over() {
        return Mono.defer(this::nextLook)
                .repeat(() -> left().compareTo(Duration.ZERO) > 0)
                .then();
    }

    private Mono<Long> nextLook() {
        Duration wait = untilNextLook();
        long begun = System.nanoTime();
        return Mono.delay(wait).doOnNext(look -> looked(System.nanoTime() - begun - wait.toNanos()));
    }

    private void looked(long late) {
        if (late > MUCH_TOO_LATE) {
            since = System.nanoTime();
        }
    }

    /** A turn that begins in the meantime is not overlooked for longer than it may last. */
    private Duration untilNextLook() {
        Duration look = left();
        if (timeouts.idle().compareTo(look) < 0) {
            look = timeouts.idle();
        }
        Duration shortest = unreadSince.get() == 0 ? SHORTEST : SHORTEST_UNREAD;
        return look.compareTo(shortest) < 0 ? shortest : look;
    }

    /** Whether more than half of the time is over. */
    boolean isMostlyOver() {
        return left().multipliedBy(2).compareTo(timeouts.attempt()) < 0;
    }

    private Duration left() {
        boolean body = turn == Turn.AWAITING_BODY;
        Duration limit = body ? timeouts.idle() : timeouts.attempt();
        boolean ours = turn == Turn.OURS || (body && asked.get() == 0);
        return ours ? limit : limit.minusNanos(silence());
    }

    private long silence() {
        long now = System.nanoTime();
        Lifeline line = lifeline;
        long silent = line == null ? now - since : Math.min(now - since, now - line.lastSign());
        return silent - unread.get() - unreadFor();
    }

    /**
     * What to say of it.
     *
     * @param connected whether there was a connection
     * @param answered whether the head of an answer was there
     */
    BackendFailure failure(boolean connected, boolean answered) {
        if (!passing && !flowing) {
            return BackendFailure.late(timeouts.attempt(), connected);
        }
        return answered ? BackendFailure.silent(timeouts.idle()) : BackendFailure.unanswered(timeouts.attempt());
    }
}
