package dev.sluice.protection;

import java.util.Locale;

/** The states of a circuit breaker. */
public enum BreakerState {
    /** Calls are made as usual. */
    CLOSED(0),
    /** After an outage: calls are made, a few at first, twice as many with each round trip. */
    RAMPING(1),
    /** One job is called, or will be as soon as there is one; its outcome decides. */
    HALF_OPEN(2),
    /** No job is called. */
    OPEN(3);

    private final int number;
    private final String text = name().toLowerCase(Locale.ROOT).replace('_', '-');

    BreakerState(int number) {
        this.number = number;
    }

    /** The number as meters show it. */
    int number() {
        return number;
    }

    /** The name as operators see it. */
    public String text() {
        return text;
    }

    /** Whether calls are made without waiting for a probe. */
    boolean passes() {
        return this == CLOSED || this == RAMPING;
    }
}
