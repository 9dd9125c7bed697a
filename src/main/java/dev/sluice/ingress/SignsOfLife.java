package dev.sluice.ingress;

import dev.sluice.job.IllegalTransitionException;
import dev.sluice.job.JobId;
import dev.sluice.journal.JobIntake;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Tells the journal that a backend is sending the answer of an attempt, so that it is not taken for silent while the upload goes on:
 * before the body is read, and with the first piece after each third of the time-out. An upload that stands still is no sign of life.
 */
final class SignsOfLife {

    private static final Logger LOG = LoggerFactory.getLogger(SignsOfLife.class);

    private final JobIntake journal;
    private final JobId id;
    private final int attempt;
    private final long third;
    private final LongSupplier nanos;

    private long heard; // confined to the thread of the body

    /**
     * Makes it for one upload.
     *
     * @param nanos the time in nanoseconds, from any origin
     */
    SignsOfLife(JobIntake journal, JobId id, int attempt, Duration timeout, LongSupplier nanos) {
        this.journal = journal;
        this.id = id;
        this.attempt = attempt;
        this.third = timeout.toNanos() / 3;
        this.nanos = nanos;
    }

    /** To be subscribed to before the body is read; never fails, for the answer itself can still be stored. */
    Mono<Void> begin() {
        return Mono.defer(() -> {
            heard = nanos.getAsLong();
            return hear();
        });
    }

    /** The body, which is passed on as it is. */
    Flux<byte[]> of(Flux<byte[]> body) {
        return body.doOnNext(piece -> {
            long now = nanos.getAsLong();
            if (now - heard >= third) {
                heard = now;
                hear().subscribe();
            }
        });
    }

    private Mono<Void> hear() {
        return journal.hear(id, attempt)
                .then()
                .onErrorComplete(IllegalTransitionException.class) // nobody takes it for silent yet, or it is too late
                .doOnError(error -> LOG.warn("It cannot be recorded that the backend of job {} was heard", id, error))
                .onErrorComplete();
    }
}
