package dev.sluice.ingress.header;

import dev.sluice.job.Problem;
import dev.sluice.representation.ProblemException;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * When the client wants its job to be executed.
 *
 * @param dueAt the earliest start; now unless the client asked for a later one
 * @param deadline the latest end; null if there is none
 */
public record Timing(Instant dueAt, @Nullable Instant deadline) {

    static final AsciiString DELAY = AsciiString.cached("Sluice-Delay");
    static final AsciiString NOT_BEFORE = AsciiString.cached("Sluice-Not-Before");
    static final AsciiString DEADLINE = AsciiString.cached("Sluice-Deadline");

    /** The longest delay; anything later is taken for a mistake. */
    static final Duration LONGEST = Duration.ofDays(365);

    private static final String A_DURATION = "a duration such as 500ms, 30s, 5m, 2h, 1d or PT2H";
    private static final String AN_INSTANT =
            "an HTTP date such as Mon, 23 Nov 2026 13:41:07 GMT or an ISO 8601 instant such as 2026-11-23T13:41:07Z";
    private static final String EITHER = A_DURATION + ", or " + AN_INSTANT;

    /**
     * Reads the fields of a request.
     *
     * @throws ProblemException {@code bad-header} if a value is malformed, repeated, negative or too far ahead
     */
    public static Timing of(HttpHeaders request, Instant now) {
        boolean delayed = request.contains(DELAY);
        boolean postponed = request.contains(NOT_BEFORE);
        Instant dueAt = now;
        if (delayed) {
            dueAt = later(DELAY, only(request, DELAY, A_DURATION), now, A_DURATION);
        }
        if (postponed) {
            Instant notBefore = instant(NOT_BEFORE, only(request, NOT_BEFORE, AN_INSTANT), now, AN_INSTANT);
            dueAt = notBefore.isAfter(dueAt) ? notBefore : dueAt;
        }
        if (delayed || postponed) {
            dueAt = wholeMillis(dueAt);
        }
        return new Timing(dueAt, request.contains(DEADLINE) ? deadline(request, now) : null);
    }

    /** Returns the problem of a deadline that cannot be met even by an idle gateway; null if it can. */
    @Nullable
    public ProblemException impossible(Instant now) {
        if (deadline == null) {
            return null;
        } else if (!deadline.isAfter(now)) {
            return bad(DEADLINE, "has passed", "one that is still to come: " + EITHER);
        }
        return dueAt.isBefore(deadline)
                ? null
                : bad(
                        DEADLINE,
                        "is not after the instant before which the job must not be started",
                        "one that is later than " + DELAY + " and " + NOT_BEFORE + " say");
    }

    /**
     * Returns whether the deadline is expected to be met.
     *
     * @param finishAt the estimated end of the job; null if unknown
     */
    public boolean attainable(@Nullable Instant finishAt) {
        return deadline == null || finishAt == null || !finishAt.isAfter(deadline);
    }

    private static Instant deadline(HttpHeaders request, Instant now) {
        String value = only(request, DEADLINE, EITHER);
        return TimeValues.looksLikeDuration(value)
                ? later(DEADLINE, value, now, EITHER)
                : instant(DEADLINE, value, now, EITHER);
    }

    private static Instant later(AsciiString field, String value, Instant now, String expected) {
        Duration duration = TimeValues.duration(value);
        if (duration == null) {
            throw bad(field, "is malformed", expected);
        } else if (duration.isNegative()) {
            throw bad(field, "is negative", expected);
        } else if (duration.compareTo(LONGEST) > 0) {
            throw tooFar(field, expected);
        }
        return now.plus(duration);
    }

    private static Instant instant(AsciiString field, String value, Instant now, String expected) {
        Instant instant = TimeValues.instant(value, now);
        if (instant == null) {
            throw bad(field, "is malformed", expected);
        } else if (instant.isAfter(now.plus(LONGEST))) {
            throw tooFar(field, expected);
        }
        return instant;
    }

    /** The journal has a resolution of milliseconds; rounds up, so that no job starts early. */
    private static Instant wholeMillis(Instant instant) {
        Instant whole = instant.truncatedTo(ChronoUnit.MILLIS);
        return whole.equals(instant) ? whole : whole.plusMillis(1);
    }

    private static String only(HttpHeaders request, AsciiString field, String expected) {
        List<String> values = request.getAll(field);
        if (values.size() > 1) {
            throw bad(field, "was sent more than once", expected);
        }
        return values.get(0).strip();
    }

    private static ProblemException tooFar(AsciiString field, String expected) {
        return bad(field, "is more than " + LONGEST.toDays() + " days ahead", expected);
    }

    private static ProblemException bad(AsciiString field, String what, String expected) {
        return new ProblemException(Problem.BAD_HEADER, field + " " + what + "; expected " + expected + ".");
    }
}
