package dev.sluice.dispatch;

import dev.sluice.job.Awaiting;
import dev.sluice.job.Job;
import dev.sluice.job.JobState;
import dev.sluice.journal.FollowUps;
import dev.sluice.journal.JobIntake;
import dev.sluice.journal.JobReader;
import dev.sluice.journal.Lookup;
import dev.sluice.queue.Recorder;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Deletes operations that backends named for jobs that were being cancelled: the cancel was recorded before the journal knew of the
 * operation, so that the journal could not cause the DELETE.
 */
final class LateDeletes {

    private static final Logger LOG = LoggerFactory.getLogger(LateDeletes.class);

    private final OperationDeletes deletes;
    private final JobReader reader;
    private final JobIntake intake;
    private final Recorder recorder;

    LateDeletes(OperationDeletes deletes, JobReader reader, JobIntake intake, Recorder recorder) {
        this.deletes = deletes;
        this.reader = reader;
        this.intake = intake;
        this.recorder = recorder;
    }

    /**
     * Deletes the operation of a job that could not be parked, if that is because the job was cancelled, to be erased or not.
     * Completes when the job that sends the DELETE is on stable storage; never fails.
     *
     * @param job the job as it was claimed
     */
    Mono<Void> unparked(Job job, Awaiting.Operation operation, Instant now) {
        return Mono.defer(() -> reader.find(job.id()))
                .retryWhen(recorder.whileAway("find"))
                .filter(LateDeletes::isCancelled)
                .flatMapIterable(found -> deletes.of(job.route(), operation, now))
                .concatMap(this::append)
                .then()
                .doOnError(error -> LOG.warn("The operation of the cancelled job {} is not deleted", job.id(), error))
                .onErrorComplete();
    }

    private static boolean isCancelled(Lookup found) {
        return found instanceof Lookup.Expired
                || (found instanceof Lookup.Known known && known.job().state() == JobState.CANCELLED);
    }

    private Mono<?> append(FollowUps.FollowUp delete) {
        return Mono.defer(() -> intake.append(delete.job(), Flux.just(delete.body())))
                .retryWhen(recorder.whileAway("append"));
    }
}
