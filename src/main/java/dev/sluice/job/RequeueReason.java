package dev.sluice.job;

import java.util.Locale;

/** Why a running job went back to the queue, and whether its call counts as a try. */
public enum RequeueReason {
    /** The attempt failed and another is allowed. */
    RETRY(true),
    /** The backend asked to be called again later ({@code Retry-After}). */
    RETRY_AFTER(false),
    /** The call certainly never left: there was no connection to the backend. */
    UNREACHABLE(false),
    /** The node stops in good order. */
    NODE_STOPPED(false),
    /** The node died or stopped renewing its lease. */
    NODE_LOST(true);

    private final String text = name().toLowerCase(Locale.ROOT).replace('_', '-');
    private final boolean usesTry;

    RequeueReason(boolean usesTry) {
        this.usesTry = usesTry;
    }

    /** The name as clients see it. */
    public String text() {
        return text;
    }

    /** Whether it uses up one of the tries that the job has. */
    public boolean usesTry() {
        return usesTry;
    }

    /** Whether a job that is requeued for this reason is given up some time, because no number of tries ends it. */
    boolean isBoundedByTime() {
        return this == RETRY_AFTER || this == UNREACHABLE;
    }
}
