package dev.sluice.queue;

import dev.sluice.job.Job;
import dev.sluice.job.JobResult;
import dev.sluice.job.Output;
import dev.sluice.job.Transition;
import dev.sluice.journal.Ending;
import dev.sluice.journal.JournalOverloadedException;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.ReceivedBody;
import dev.sluice.journal.WorkQueue;
import java.time.Duration;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;
import reactor.util.retry.RetryBackoffSpec;

/** Records the outcomes of claimed jobs and retries while the journal is unavailable, so that none is lost. */
public final class Recorder {

    private static final Duration FIRST_WAIT = Duration.ofMillis(50);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(1);

    private final WorkQueue journal;
    private final QueueMeters meters;
    private final RetryBackoffSpec whileAway;

    Recorder(WorkQueue journal, QueueMeters meters, Scheduler scheduler) {
        this.journal = journal;
        this.meters = meters;
        this.whileAway = Retry.backoff(Long.MAX_VALUE, FIRST_WAIT)
                .maxBackoff(LONGEST_WAIT)
                .filter(Recorder::passing)
                .scheduler(scheduler);
    }

    /**
     * {@link WorkQueue#record}, retried while its error is {@link #passing}; other errors are propagated, such as
     * {@link dev.sluice.journal.StaleClaimException} if the claim has expired meanwhile.
     */
    public Mono<Job> record(Job claimed, Transition move) {
        return Mono.defer(() -> journal.record(claimed, move)).retryWhen(whileAway("record"));
    }

    /** {@link WorkQueue#receive}; the journal itself repeats writes of the body while it is unavailable. */
    public Mono<ReceivedBody> receive(Job claimed, Flux<byte[]> body) {
        return journal.receive(claimed, body);
    }

    /** {@link WorkQueue#stream}; the journal itself repeats writes of the pieces while it is unavailable. */
    public Mono<ReceivedBody> stream(Job claimed, JobResult head, Flux<List<Output>> batches) {
        return journal.stream(claimed, head, batches);
    }

    /** {@link WorkQueue#finish}, retried like {@link #record}. */
    public Mono<Job> finish(Job claimed, Ending ending, ReceivedBody body) {
        return Mono.defer(() -> journal.finish(claimed, ending, body)).retryWhen(whileAway("finish"));
    }

    /** {@link WorkQueue#answered}, retried like {@link #record}. */
    public Mono<WorkQueue.Completed> answered(Job claimed) {
        return Mono.defer(() -> journal.answered(claimed)).retryWhen(whileAway("answered"));
    }

    /** Retries an operation while its error is {@link #passing}, after 50 ms at first, backing off to once a second. */
    public Retry whileAway(String verb) {
        return whileAway.doBeforeRetry(signal -> meters.journalFailed(verb));
    }

    /** Whether the error means that the journal did nothing but may do so later. */
    public static boolean passing(Throwable error) {
        return error instanceof JournalUnavailableException || error instanceof JournalOverloadedException;
    }
}
