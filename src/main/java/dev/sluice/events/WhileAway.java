package dev.sluice.events;

import dev.sluice.journal.JournalOverloadedException;
import dev.sluice.journal.JournalUnavailableException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

/**
 * Repeats reads for clients that wait for an answer and cannot come back for it: a journal that is away for a moment, as a
 * database is while it fails over, breaks none of them off.
 */
final class WhileAway {

    /** How long a journal may be away: less than the minute after which clients and proxies take silence for the end. */
    static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

    private WhileAway() {}

    /** Repeats one read until {@link #PATIENCE} has passed since its first failure. */
    static Retry retry(Scheduler scheduler) {
        return retry(scheduler, () -> true);
    }

    /** Repeats one read until {@link #PATIENCE} has passed since its first failure, or nobody waits for it any more. */
    static Retry retry(Scheduler scheduler, BooleanSupplier isAwaited) {
        return Retry.from(signals -> {
            Patience patience = new Patience(scheduler);
            return Retry.backoff(Long.MAX_VALUE, FIRST_PAUSE)
                    .maxBackoff(LONGEST_PAUSE)
                    .scheduler(scheduler)
                    .filter(error -> isPassing(error) && isAwaited.getAsBoolean() && patience.lasts())
                    .generateCompanion(signals);
        });
    }

    private static boolean isPassing(Throwable error) {
        return error instanceof JournalUnavailableException || error instanceof JournalOverloadedException;
    }

    private static final class Patience {

        private static final long NOT_YET = -1;

        private final Scheduler scheduler;
        private long since = NOT_YET;

        Patience(Scheduler scheduler) {
            this.scheduler = scheduler;
        }

        boolean lasts() {
            long now = scheduler.now(TimeUnit.MILLISECONDS);
            since = since == NOT_YET ? now : since;
            return now - since < PATIENCE.toMillis();
        }
    }
}
