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
 * The time limits of one call. An attempt of a job has the policy's timeout from its start, or from the backend's last progress
 * report, until its response is complete; the time during which nobody requests more of the response does not count. A streamed
 * response need only begin within that timeout; from then on, and for a request that is passed through, only the silence of the
 * backend is limited, by the idle timeout: not the wait for a connection, and within the response only while more of it is
 * requested.
 *
 * <p>Traffic costs the write of a field; a single timer checks whether there was any. A timer that fires much too late shows
 * that this process stood still, and what the backend sent meanwhile has not been read yet, so the time starts anew. For any
 * thread.
 */
final class CallTimeout {

    private enum Turn {
        OURS,
        AWAITING_HEAD,
        AWAITING_BODY
    }

    private static final Duration SHORTEST = Duration.ofMillis(1);

    /** A timer that is later than this means that the process stood still. */
    private static final long MUCH_TOO_LATE = Duration.ofSeconds(1).toNanos();

    /** The shortest interval between checks while nobody reads the response, whose time stands still. */
    private static final Duration SHORTEST_UNREAD = Duration.ofMillis(50);

    private final CallPolicy policy;
    private final Timeouts timeouts;
    private final boolean passing;
    private final @Nullable Heartbeat heartbeat;
    private final AtomicLong asked = new AtomicLong();

    /** For how long in all nothing was requested, and since when nothing is; 0 while something is. */
    private final AtomicLong unread = new AtomicLong();

    private final AtomicLong unreadSince = new AtomicLong();
    private volatile boolean flowing;
    private volatile Turn turn;
    private volatile long since = System.nanoTime();

    CallTimeout(BackendRequest request, CallPolicy policy) {
        this.policy = policy;
        this.timeouts = policy.timeouts();
        this.passing = request.job() == null;
        this.heartbeat = request.heartbeat();
        this.turn = passing ? Turn.OURS : Turn.AWAITING_HEAD;
    }

    /** The request is being sent, or a piece of its body was. */
    void sent() {
        if (passing && turn != Turn.AWAITING_BODY) {
            since = System.nanoTime();
            turn = Turn.AWAITING_HEAD;
        }
    }

    /** The head of the response has arrived. */
    void answered(@Nullable String contentType) {
        if (passing || policy.streams(contentType)) {
            flowing = true;
            turn = Turn.AWAITING_BODY;
        } else {
            unreadSince.set(System.nanoTime());
        }
    }

    /** The body of the response, with its demand and its pieces observed. */
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

    /** Completes when the time is up. */
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

    /** Never longer than the idle timeout, which may begin to apply in the meantime. */
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
        Heartbeat beating = heartbeat;
        long silent = beating == null ? now - since : Math.min(now - since, now - beating.lastBeat());
        return silent - unread.get() - unreadFor();
    }

    /**
     * The failure to report when the time is up.
     *
     * @param connected whether there was a connection
     * @param answered whether the head of a response had arrived
     */
    BackendFailure failure(boolean connected, boolean answered) {
        if (!passing && !flowing) {
            return BackendFailure.late(timeouts.attempt(), connected);
        }
        return answered ? BackendFailure.silent(timeouts.idle()) : BackendFailure.unanswered(timeouts.attempt());
    }
}
