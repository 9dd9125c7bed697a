package dev.sluice.events;

import dev.sluice.route.ConfigurationException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The keys under {@code sluice.events}.
 *
 * @param heartbeat Longest silence of an event stream before a comment is sent.
 * @param buffer Events that a reader may lag behind before it is disconnected.
 * @param retry When disconnected readers are told to reconnect. Jitter adds up to a half.
 */
@ConfigurationProperties(prefix = "sluice.events", ignoreUnknownFields = false)
record EventsProperties(
        @DefaultValue("15s") Duration heartbeat,
        @DefaultValue("256") int buffer,
        @DefaultValue("2s") Duration retry) {

    private static final Duration SHORTEST = Duration.ofMillis(10);
    private static final Duration LONGEST = Duration.ofDays(1);
    private static final Duration COME_BACK = Duration.ofSeconds(10);
    private static final int LARGEST_BUFFER = 65_536;

    EventsProperties {
        require("heartbeat", heartbeat);
        require("retry", retry);
        if (buffer < 1 || buffer > LARGEST_BUFFER) {
            throw new ConfigurationException(
                    "sluice.events.buffer", buffer, "a whole number from 1 to " + LARGEST_BUFFER);
        }
    }

    /** The first frame of a stream. */
    SseFrame opening() {
        return SseFrame.retry(retry, ThreadLocalRandom.current());
    }

    /** The last frame of a reader that is to come back after a restart. */
    static SseFrame farewell() {
        return SseFrame.retry(COME_BACK, ThreadLocalRandom.current());
    }

    private static void require(String key, Duration value) {
        if (value.compareTo(SHORTEST) < 0 || value.compareTo(LONGEST) > 0) {
            throw new ConfigurationException("sluice.events." + key, value, "a duration from 10ms to 1d, such as 15s");
        }
    }
}
