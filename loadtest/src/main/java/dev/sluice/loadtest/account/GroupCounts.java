package dev.sluice.loadtest.account;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How many jobs of a group are in which state, as the group says in its status and in its events. */
public record GroupCounts(long total, long queued, long running, long succeeded, long failed, long cancelled) {

    private static final Pattern JOBS = Pattern.compile("\"jobs\"\\s*:\\s*\\{([^{}]*\"total\"[^{}]*)}");

    /**
     * Reads the counts of a group's JSON, or of an event that has the group in it.
     *
     * @throws IllegalArgumentException if there are none
     */
    public static GroupCounts of(String json) {
        Matcher jobs = JOBS.matcher(json);
        if (!jobs.find()) {
            throw new IllegalArgumentException("no counts in " + json);
        }
        String counts = jobs.group(1);
        return new GroupCounts(
                number(counts, "total"),
                number(counts, "queued"),
                number(counts, "running"),
                number(counts, "succeeded"),
                number(counts, "failed"),
                number(counts, "cancelled"));
    }

    /** Whether so many jobs have joined, and all of them have succeeded. */
    public boolean allSucceeded(long jobs) {
        return equals(new GroupCounts(jobs, 0, 0, jobs, 0, 0));
    }

    private static long number(String counts, String name) {
        Matcher member = Pattern.compile("\"" + name + "\"\\s*:\\s*(\\d{1,18})").matcher(counts);
        if (!member.find()) {
            throw new IllegalArgumentException("no " + name + " in " + counts);
        }
        return Long.parseLong(member.group(1));
    }
}
