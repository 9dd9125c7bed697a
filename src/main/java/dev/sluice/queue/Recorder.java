package dev.sluice.queue;

import dev.sluice.job.Job;
import dev.sluice.job.Transition;
import dev.sluice.journal.Journal;
import dev.sluice.journal.JournalOverloadedException;
import dev.sluice.journal.JournalUnavailableException;
import java.time.Duration;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

/** Writes down what became of a claimed job, and keeps trying while the journal is away: an outcome must not be lost. */
public final class Recorder {

    private static final Duration FIRST_WAIT = Duration.ofMillis(50);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(1);

    private final Journal journal;
    private final Retry whileAway;

    Recorder(Journal journal, QueueMeters meters, Scheduler scheduler) {
        this.journal = journal;
        this.whileAway = Retry.backoff(Long.MAX_VALUE, FIRST_WAIT)
                .maxBackoff(LONGEST_WAIT)
                .filter(Recorder::passing)
                .scheduler(scheduler)
                .doBeforeRetry(signal -> meters.journalFailed("record"));
    }

    /**
     * {@link Journal#record}, tried until the journal has answered: errors are those of that verb but for
     * {@link #passing} ones. When the claim ran out meanwhile that is a {@link dev.sluice.journal.StaleClaimException}.
     */
    public Mono<Job> record(Job claimed, Transition move) {
        return journal.record(claimed, move).retryWhen(whileAway);
    }

    /** Whether the error says that the journal did nothing just now but may later. */
    public static boolean passing(Throwable error) {
        return error instanceof JournalUnavailableException || error instanceof JournalOverloadedException;
    }
}
