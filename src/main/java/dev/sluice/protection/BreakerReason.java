package dev.sluice.protection;

import java.util.Locale;

/** Why a circuit breaker opened. */
public enum BreakerReason {
    /** Calls could not be sent: no connection, no TLS. */
    UNREACHABLE,
    /** Most of the calls failed: timed out, cut short, or answered with a status that the route retries. */
    FAILING;

    private final String text = name().toLowerCase(Locale.ROOT);

    /** The name as operators see it. */
    public String text() {
        return text;
    }
}
