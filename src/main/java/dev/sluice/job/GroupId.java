package dev.sluice.job;

import java.util.Optional;

/**
 * Names a group of jobs. As hard to guess as the id of a job and of the same form; whoever knows it may use the group and its jobs.
 *
 * @param value the value
 */
public record GroupId(JobId value) implements Comparable<GroupId> {

    /** Parses what {@link #toString} returns; empty if it is malformed. */
    public static Optional<GroupId> parse(String text) {
        return JobId.parse(text).map(GroupId::new);
    }

    @Override
    public int compareTo(GroupId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
