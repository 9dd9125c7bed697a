package dev.sluice.journal;

import dev.sluice.job.IllegalTransitionException;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobResult;
import dev.sluice.job.JobSpec;
import dev.sluice.job.Transition;
import java.time.Duration;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The part of the {@link Journal} used by ingress: accepts jobs, and records what clients and backends do to a job
 * whose id they know.
 */
public interface JobIntake {

    /** How long an idempotency key is held at least, counted from the acceptance of its job. */
    Duration KEY_HOLDS = Duration.ofHours(24);

    /**
     * Accepts a job. If its idempotency key is already held, nothing is stored and the append completes with
     * {@link Appended.Replayed} (the same request: the first job as it stands now) or {@link Appended.KeyReused}
     * (another request); of several equal appends at once exactly one is {@link Appended.Created}. If the body fails or
     * the subscription is cancelled before the end of the body, nothing is kept, and the body's error is propagated.
     * Error {@link JournalFullException} if the space that is left is kept for accepted jobs; {@link GroupUnknownException} or
     * {@link GroupClosedException} if the job belongs to a group that does not take it.
     *
     * <p>Appends of one key do not wait for each other: the one whose body ends first wins. A key is held for
     * {@link #KEY_HOLDS} from the acceptance of its job, until {@link JobSpec#keepUntil}. From {@link Job#expiresAt} on
     * a key is free again, whether or not its job has been erased.
     */
    Mono<Appended> append(NewJob job, Flux<byte[]> body);

    /**
     * Whether there is room for new jobs. If there is not, {@link #append} fails with {@link JournalFullException}, unless it
     * finds the job that holds its idempotency key. Known to about a second; cheap and thread-safe.
     */
    default boolean hasRoom() {
        return true;
    }

    /** Whether a job holds this idempotency key, which an expired one no longer does. */
    Mono<Boolean> holds(IdempotencyKey key);

    /**
     * Records progress of a running job reported by its backend ({@link Transition.Report}), whichever node runs it.
     *
     * @return the job after it; empty if the id is unknown or expired; error {@link IllegalTransitionException} if the
     *     job is not running, {@link JournalOverloadedException} if reports arrive faster than they can be written:
     *     nothing was recorded
     */
    Mono<Job> report(JobId id, Transition.Report report);

    /**
     * Stores the answer that the backend sent by a later call to its completion URL, whichever node runs the job, and makes the job
     * due at once, to be ended by {@link WorkQueue#resume} and {@link WorkQueue#answered}. On stable storage when it completes. The
     * body is received as by {@link WorkQueue#receive}; if it fails, or the subscription is cancelled before its end, nothing is
     * kept and the job goes on as before. Of several at once, one wins.
     *
     * @param attempt the attempt that it answers
     * @param head status and fields
     * @return the job; empty if the id is unknown or expired; error {@link IllegalTransitionException} if that attempt is not
     *     running or was completed before
     */
    Mono<Job> complete(JobId id, int attempt, JobResult head, Flux<byte[]> body);

    /**
     * Records that the backend is sending the answer of an attempt to the completion URL ({@link Transition.Hear}): a parked job is
     * given the time anew in which its backend is to be heard of; and one that is claimed because that time had passed is parked again,
     * so that the claim is stale.
     *
     * @return the job after it; empty if the id is unknown or expired; error {@link IllegalTransitionException} if that attempt does
     *     not wait for a call of its backend: nothing was recorded
     */
    Mono<Job> hear(JobId id, int attempt);

    /**
     * Cancels a queued or running job, whichever node runs it.
     *
     * @return the cancelled job; empty if the id is unknown or expired; error
     *     {@link IllegalTransitionException} if it is finished
     */
    Mono<Job> cancel(JobId id);

    /** As {@link #cancel}, for a job that is to be {@linkplain #forget forgotten}: no follow-up {@linkplain FollowUps#ofForgotten tells of it}. */
    Mono<Job> cancelToForget(JobId id);

    /**
     * Erases a finished job now, as {@link JournalUpkeep#purge} would; completes with whether there was one to erase. Error
     * {@link IllegalTransitionException} if the job is not finished.
     */
    Mono<Boolean> forget(JobId id);
}
