package dev.sluice.journal;

import dev.sluice.job.IllegalTransitionException;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.Transition;
import java.time.Duration;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The part of the {@link Journal} for those who take requests in: it accepts jobs, and records what clients and
 * backends want done with one they know the id of.
 */
public interface JobIntake {

    /** How long an idempotency key holds at least, counted from the acceptance of the job. */
    Duration KEY_HOLDS = Duration.ofHours(24);

    /**
     * Accepts a job. With an idempotency key that is already held, nothing is stored and it completes with
     * {@link Appended.Replayed} (the same request: the first job as it stands now) or {@link Appended.KeyReused} (another
     * request); of several equal appends at once exactly one is {@link Appended.Created}. If the body fails or the
     * subscription is cancelled before the end of the body, nothing is kept, and the body's error is passed on.
     *
     * <p>An append of a key whose first request is still being received waits for no one: the one whose body ends first
     * wins. A key is promised to hold for {@link #KEY_HOLDS} from the acceptance of its job: the job's
     * {@link Job#keepUntil} says until when. From the {@link Job#expiresAt} of its job on a key is free again, whether or
     * not that job is erased by then.
     */
    Mono<Appended> append(NewJob job, Flux<byte[]> body);

    /** Whether a job holds this idempotency key, which an expired one no longer does. */
    Mono<Boolean> holds(IdempotencyKey key);

    /**
     * Records what the backend says of a job that runs, whoever runs it ({@link Transition.Report}).
     *
     * @return the job after it; empty if the id is unknown or expired; error {@link IllegalTransitionException} if the job
     *     does not run, {@link JournalOverloadedException} if more comes in than can be kept: nothing was recorded
     */
    Mono<Job> report(JobId id, Transition.Report report);

    /**
     * Cancels a job that is queued or running, whoever runs it.
     *
     * @return the cancelled job; empty if the id is unknown or expired; error
     *     {@link IllegalTransitionException} if it is finished
     */
    Mono<Job> cancel(JobId id);

    /**
     * Erases a finished job now, as {@link JournalUpkeep#purge} would; completes with whether there was one to erase. Error
     * {@link IllegalTransitionException} if the job is not finished.
     */
    Mono<Boolean> forget(JobId id);
}
