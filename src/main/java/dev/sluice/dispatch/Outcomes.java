package dev.sluice.dispatch;

import dev.sluice.job.Job;
import dev.sluice.job.JobResult;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.Transition;
import dev.sluice.journal.Ending;
import dev.sluice.journal.ReceivedBody;
import java.time.Duration;
import java.time.Instant;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Records what becomes of a claimed job, and counts it. */
record Outcomes(Job claimed, AttemptContext context) {

    /** Records a move without a result. */
    Mono<Job> record(Transition move) {
        return context.services().recorder().record(claimed, move).doOnNext(recorded -> {
            count(move);
            ended(recorded);
            if (recorded.parked()) {
                context.services().parked().accept(recorded.dueAt());
            }
        });
    }

    /** Stores the body of a response that is to end the job as it arrives, and tells it piece by piece if it is a stream. */
    Mono<ReceivedBody> receive(JobResult head, Flux<byte[]> body) {
        AttemptContext.Services services = context.services();
        Flux<byte[]> counted = services.bodies().counted(body);
        if (!context.policy().streams(head.headers().first("Content-Type").orElse(null))) {
            return services.recorder().receive(claimed, counted);
        }
        OutputChunker chunker = OutputChunker.of(head, claimed.attempt());
        return services.recorder().stream(claimed, head, new OutputBatches(counted, chunker, services.scheduler()));
    }

    /** Records the end with a response. */
    Mono<Job> finish(Ending ending, ReceivedBody body) {
        return context.services().recorder().finish(claimed, ending, body).doOnNext(this::ended);
    }

    private void ended(Job recorded) {
        Instant begun = recorded.startedAt();
        Instant end = recorded.finishedAt();
        if (claimed.awaiting() != null && recorded.result() != null && begun != null && end != null) {
            // the backend has worked at it since, and not only until it took it over
            context.services().estimator().completed(context.policy().id(), Duration.between(begun, end));
        }
        if (recorded.state().finished() && !Dispatcher.isCountedAsHeard(recorded)) {
            context.meters().finished(recorded.state());
            context.services().estimator().finished(recorded);
        }
    }

    private void count(Transition move) {
        if (move instanceof Transition.Requeue requeue && requeue.reason() != RequeueReason.NODE_STOPPED) {
            context.meters().retried();
        }
    }
}
