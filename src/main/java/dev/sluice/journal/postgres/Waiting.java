package dev.sluice.journal.postgres;

import dev.sluice.journal.JournalUnavailableException;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** Blocking waits of a thread of the adapter, or of one that closes it, for its other threads. */
final class Waiting {

    private Waiting() {}

    /**
     * Waits for completion. An interrupt is restored afterwards.
     *
     * @param patience the time limit; null if completion is bounded otherwise
     * @throws JournalUnavailableException if it takes longer than that
     */
    static void until(Mono<?> work, @Nullable Duration patience) {
        var done = work.toFuture();
        long end = System.nanoTime() + (patience == null ? Long.MAX_VALUE / 2 : patience.toNanos());
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    done.get(end - System.nanoTime(), TimeUnit.NANOSECONDS);
                    return;
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : new CompletionException(e.getCause());
        } catch (TimeoutException e) {
            done.cancel(true);
            throw new JournalUnavailableException("the database did not answer in time", e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
