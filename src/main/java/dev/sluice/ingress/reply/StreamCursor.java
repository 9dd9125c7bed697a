package dev.sluice.ingress.reply;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** Cursors of Durable Streams, which make every live read of a client another URL for caches (PROTOCOL.md, section 10.1). */
final class StreamCursor {

    private static final Instant EPOCH = Instant.parse("2024-10-09T00:00:00Z");
    private static final long INTERVAL_SECONDS = 20;
    private static final int MOST_JITTER_SECONDS = 3600;
    private static final int MOST_DIGITS = 15;

    private StreamCursor() {}

    /** The cursor of a response: the number of the current interval, or more than what the client sent. */
    static String next(@Nullable String sent, Instant now) {
        long current = Duration.between(EPOCH, now).toSeconds() / INTERVAL_SECONDS;
        boolean number = sent != null
                && !sent.isEmpty()
                && sent.length() <= MOST_DIGITS
                && sent.chars().allMatch(digit -> digit >= '0' && digit <= '9');
        long last = number ? Long.parseLong(sent) : -1;
        if (last < current) {
            return Long.toString(current);
        }
        long jitter = 1L + ThreadLocalRandom.current().nextInt(MOST_JITTER_SECONDS);
        return Long.toString(last + Math.max(1, jitter / INTERVAL_SECONDS));
    }
}
