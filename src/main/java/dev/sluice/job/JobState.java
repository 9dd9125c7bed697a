package dev.sluice.job;

import java.util.Locale;

/**
 * Where a job stands. {@code queued → running → succeeded | failed | cancelled}; {@code running → queued} when a retry is
 * due later, the node stops or its lease was lost; {@code queued → cancelled | failed}. The last three are final.
 */
public enum JobState {
    QUEUED,
    RUNNING,
    SUCCEEDED,
    FAILED,
    CANCELLED;

    private final String text = name().toLowerCase(Locale.ROOT);

    /** True for the three states that a job never leaves. */
    public boolean finished() {
        return compareTo(RUNNING) > 0;
    }

    /** The name as clients see it. */
    public String text() {
        return text;
    }
}
