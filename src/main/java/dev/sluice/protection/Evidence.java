package dev.sluice.protection;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What the ends of calls say about a backend. Not thread-safe.
 *
 * <p>It is <em>unreachable</em> when a call could not be sent, and nothing was answered since that call began nor within the last
 * second. A dead replica behind a load balancer does not meet that while the others answer. Until the second has passed, and after
 * five calls in a row that could not be sent, calls are made 100 ms apart.
 *
 * <p>It is <em>failing</em> when ten calls in a row failed, or at least half of the last 100, of at least 20; while the load ramps
 * up, half of at least six. A smaller window would open too often by chance: with 30 % of the calls failing, half of the last 20
 * fail every few seconds at 160 calls a second. A call that was limited, held off or aborted counts for neither.
 */
final class Evidence {

    private static final int WINDOW = 100;
    private static final int LEAST = 20;
    private static final int LEAST_WHILE_RAMPING = 6;
    private static final int FAILED_IN_A_ROW = 10;

    private static final Duration RECENT = Duration.ofSeconds(1);
    private static final int UNSENT_IN_A_ROW = 5;
    private static final Duration PACE = Duration.ofMillis(100);

    private final CallWindow calls = new CallWindow(WINDOW);
    private Instant answeredAt = Instant.EPOCH;
    private Instant unsentAt = Instant.EPOCH;
    private int unsent;
    private int failed;

    /**
     * Adds the end of a call.
     *
     * @return what is wrong with the backend; null if it is not known to be in trouble
     */
    @Nullable
    BreakerReason add(EndedCall call, boolean ramping, Instant now) {
        if (call.end() == EndedCall.End.UNREACHABLE) {
            unsent++;
            unsentAt = now;
            boolean silent = answeredAt.isBefore(now.minus(call.time())) && answeredAt.isBefore(now.minus(RECENT));
            return silent ? BreakerReason.UNREACHABLE : null;
        }
        noteAnswer(call, now);
        if (call.end() == EndedCall.End.ANSWERED) {
            calls.add(false);
            failed = 0;
        } else if (call.end() == EndedCall.End.FAILED) {
            calls.add(true);
            failed++;
            boolean half = calls.failures() * 2 >= calls.calls();
            boolean enough = calls.calls() >= (ramping ? LEAST_WHILE_RAMPING : LEAST);
            return failed >= FAILED_IN_A_ROW || (half && enough) ? BreakerReason.FAILING : null;
        }
        return null;
    }

    /** Notes that a response arrived, of whatever status; the call counts no further. */
    void noteAnswer(EndedCall call, Instant now) {
        if (call.status() > 0 || call.end() == EndedCall.End.ANSWERED) {
            answeredAt = now;
            unsent = 0;
        }
    }

    /** When the last response arrived. */
    Instant answeredAt() {
        return answeredAt;
    }

    /** When the next call may be made, one at a time, although the backend is not known to be in trouble; null if any may. */
    @Nullable
    Instant pacedUntil() {
        return unsent < UNSENT_IN_A_ROW ? null : unsentAt.plus(PACE);
    }

    CallWindow calls() {
        return calls;
    }

    /** Forgets what is known of earlier calls, but for the time of the last response. */
    void startAnew() {
        calls.clear();
        unsent = 0;
        failed = 0;
    }
}
