package dev.sluice.job;

import java.util.Locale;

/** Why a running job went back to the queue. */
public enum RequeueReason {
    /** The attempt failed and another is allowed. */
    RETRY,
    /** The node stops in good order; this does not count as a try. */
    NODE_STOPPED,
    /** The node died or stopped renewing its lease; this counts as a try. */
    NODE_LOST;

    private final String text = name().toLowerCase(Locale.ROOT).replace('_', '-');

    /** The name as clients see it. */
    public String text() {
        return text;
    }
}
