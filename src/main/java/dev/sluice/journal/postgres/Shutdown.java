package dev.sluice.journal.postgres;

import java.time.Duration;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/** The steps in which the journal is closed: one that takes too long, or fails, is logged and left. Blocks. */
final class Shutdown {

    private static final Logger log = LoggerFactory.getLogger(Shutdown.class);

    private final Workers workers;
    private final Duration patience;

    /**
     * Creates the steps.
     *
     * @param patience the longest time that a step may take
     */
    Shutdown(Workers workers, Duration patience) {
        this.workers = workers;
        this.patience = patience;
    }

    /** Runs tasks on the workers, all at once. */
    void step(String what, Runnable... tasks) {
        step(what, Mono.when(Stream.of(tasks).map(this::ended).toList()));
    }

    void step(String what, Mono<?> work) {
        try {
            Waiting.until(work, patience);
        } catch (RuntimeException e) {
            log.warn("{} could not be brought to an end: {}", what, e.getMessage());
        }
    }

    Mono<Boolean> ended(Runnable task) {
        return workers.run(() -> {
            task.run();
            return true;
        });
    }
}
