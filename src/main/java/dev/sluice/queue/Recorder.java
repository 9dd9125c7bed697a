package dev.sluice.queue;

import dev.sluice.job.Job;
import dev.sluice.job.Transition;
import dev.sluice.journal.Ending;
import dev.sluice.journal.JournalOverloadedException;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.ReceivedBody;
import dev.sluice.journal.WorkQueue;
import java.time.Duration;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;
import reactor.util.retry.RetryBackoffSpec;

/** Writes down what became of a claimed job, and keeps trying while the journal is away: an outcome must not be lost. */
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
     * {@link WorkQueue#record}, tried until the journal has answered: errors are those of that verb but for
     * {@link #passing} ones. When the claim ran out meanwhile that is a {@link dev.sluice.journal.StaleClaimException}.
     */
    public Mono<Job> record(Job claimed, Transition move) {
        return Mono.defer(() -> journal.record(claimed, move)).retryWhen(whileAway("record"));
    }

    /** {@link WorkQueue#receive}; what it writes of a body while the journal is away is the journal's own to repeat. */
    public Mono<ReceivedBody> receive(Job claimed, Flux<byte[]> body) {
        return journal.receive(claimed, body);
    }

    /** {@link WorkQueue#finish}, tried as {@link #record} is. */
    public Mono<Job> finish(Job claimed, Ending ending, ReceivedBody body) {
        return Mono.defer(() -> journal.finish(claimed, ending, body)).retryWhen(whileAway("finish"));
    }

    /** Repeats a verb for as long as its error is a {@link #passing} one, after 50 ms at first, up to once a second. */
    public Retry whileAway(String verb) {
        return whileAway.doBeforeRetry(signal -> meters.journalFailed(verb));
    }

    /** Whether the error says that the journal did nothing just now but may later. */
    public static boolean passing(Throwable error) {
        return error instanceof JournalUnavailableException || error instanceof JournalOverloadedException;
    }
}
