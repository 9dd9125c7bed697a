package dev.sluice.dispatch;

import dev.sluice.job.Awaiting;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.journal.FollowUps;
import dev.sluice.journal.JobIntake;
import dev.sluice.journal.JobReader;
import dev.sluice.journal.Lookup;
import dev.sluice.queue.Recorder;
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
     * Deletes the operation of a job that could not be parked, if that is because the job was cancelled. Completes when the job that
     * sends the DELETE is on stable storage; never fails.
     */
    Mono<Void> unparked(JobId job, Awaiting.Operation operation) {
        return Mono.defer(() -> reader.find(job))
                .retryWhen(recorder.whileAway("find"))
                .filter(found ->
                        found instanceof Lookup.Known known && known.job().state() == JobState.CANCELLED)
                .flatMapIterable(found -> deletes.of(((Lookup.Known) found).job(), operation))
                .concatMap(this::append)
                .then()
                .doOnError(error -> LOG.warn("The operation of the cancelled job {} is not deleted", job, error))
                .onErrorComplete();
    }

    private Mono<?> append(FollowUps.FollowUp delete) {
        return Mono.defer(() -> intake.append(delete.job(), Flux.just(delete.body())))
                .retryWhen(recorder.whileAway("append"));
    }
}
