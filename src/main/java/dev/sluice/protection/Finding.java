package dev.sluice.protection;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What one node has found out about the backend of a route, for the others.
 *
 * @param node the node that says so
 * @param reason what is wrong
 * @param since when the breaker opened
 * @param doublings how often the wait between probes was doubled
 * @param nextProbeAt when the backend is to be probed again
 * @param probingUntil until when the node is believed to be probing without saying so again; {@link Instant#EPOCH} if it is not
 */
record Finding(
        String node, BreakerReason reason, Instant since, int doublings, Instant nextProbeAt, Instant probingUntil) {

    byte[] encode() {
        return String.join(
                        " ",
                        node,
                        reason.text(),
                        Long.toString(since.toEpochMilli()),
                        Integer.toString(doublings),
                        Long.toString(nextProbeAt.toEpochMilli()),
                        Long.toString(probingUntil.toEpochMilli()))
                .getBytes(StandardCharsets.UTF_8);
    }

    /** Null if it was written by a version that says more or something else. */
    static @Nullable Finding decode(byte[] value) {
        String[] parts = new String(value, StandardCharsets.UTF_8).split(" ", -1);
        if (parts.length != 6) {
            return null;
        }
        try {
            return new Finding(
                    parts[0],
                    BreakerReason.valueOf(parts[1].toUpperCase(Locale.ROOT)),
                    instant(parts[2]),
                    Integer.parseInt(parts[3]),
                    instant(parts[4]),
                    instant(parts[5]));
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static Instant instant(String millis) {
        return Instant.ofEpochMilli(Long.parseLong(millis));
    }

    /** The same, as precise as it is encoded. */
    Finding inMillis() {
        return new Finding(
                node,
                reason,
                since.truncatedTo(ChronoUnit.MILLIS),
                doublings,
                nextProbeAt.truncatedTo(ChronoUnit.MILLIS),
                probingUntil.truncatedTo(ChronoUnit.MILLIS));
    }

    /** The same of a node that is no longer there. */
    Finding abandoned() {
        return new Finding(node, reason, since, doublings, nextProbeAt, Instant.EPOCH);
    }
}
