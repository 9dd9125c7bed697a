package dev.sluice.job;

import java.time.Duration;
import java.time.Instant;

/**
 * What a running job waits for after its backend answered 202 and took the work over. Such a job is parked: no node holds a claim
 * of it until its {@link JobStatus#dueAt} comes, when a node checks on it.
 */
public sealed interface Awaiting {

    /**
     * The operation that the backend named in its 202; it is polled at each {@code dueAt}.
     *
     * @param url the absolute URL to poll, on the server of the route's backend
     * @param since when the backend took the work over
     */
    record Operation(String url, Instant since) implements Awaiting {}

    /**
     * A later call of the backend to the job's completion URL; {@code dueAt} is when the attempt has timed out.
     *
     * @param timeout how long after its last sign of life the backend is taken for silent
     */
    record Completion(Duration timeout) implements Awaiting {}

    /**
     * The recording of what the backend has sent to the completion URL: head and body are stored as those of a result, and what
     * they mean for the job is still to be decided.
     */
    record Answered() implements Awaiting {}
}
