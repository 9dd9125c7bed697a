package dev.sluice.journal.embedded;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.ResultInfo;
import dev.sluice.journal.Answer;
import dev.sluice.journal.StoredResult;
import dev.sluice.journal.WorkQueue;
import dev.sluice.journal.core.Body;
import dev.sluice.journal.core.BodyName;
import dev.sluice.journal.core.Bytes;
import dev.sluice.journal.core.JobCodec;
import dev.sluice.journal.core.ReceivedResponse;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Reads what backends answered: results, responses that are being streamed, and answers that are still to be decided on. */
final class StoredAnswers {

    private final Store main;
    private final Outputs outputs;
    private final StoredBodies bodies;
    private final Queries queries;

    StoredAnswers(Store main, Outputs outputs, StoredBodies bodies, Queries queries) {
        this.main = main;
        this.outputs = outputs;
        this.bodies = bodies;
        this.queries = queries;
    }

    Mono<StoredResult> result(JobId id) {
        return queries.read(() -> {
            byte[] value = main.get(Table.RESULTS, Keys.job(id));
            if (value == null
                    || queries.isUnsettled(id)
                    || queries.openHead(id) != null) { // of an open job it is to be decided on
                return null;
            }
            JobCodec.ResultEntry stored = JobCodec.result(value);
            return stored.isStreamed() ? streamed(id, stored) : received(id, stored);
        });
    }

    /** Returns the answer that a claimed job is to be decided by. */
    Mono<WorkQueue.Completed> answered(Job claimed) {
        return queries.read(() -> {
            JobHead open = queries.openHead(claimed.id());
            Job job = open == null ? null : open.job();
            byte[] value = main.get(Table.RESULTS, Keys.job(claimed.id()));
            if (job == null || value == null || !JobHead.isAnswered(job) || job.fence() != claimed.fence()) {
                return null;
            }
            JobCodec.ResultEntry stored = JobCodec.result(value);
            BodyName name = new BodyName(job.id(), stored.part());
            return new WorkQueue.Completed(stored.head(), new ReceivedResponse(name, job.fence(), stored.body()));
        });
    }

    private StoredResult received(JobId id, JobCodec.ResultEntry stored) {
        Body body = stored.body();
        BodyName name = new BodyName(id, stored.part());
        return new StoredResult(
                stored.head(),
                body.size(),
                from -> stored.even()
                        ? bodies.received(name, body, from)
                        : Bytes.skip(bodies.received(name, body), from));
    }

    /** Returns a streamed response if it has become the result of its job. */
    private @Nullable StoredResult streamed(JobId id, JobCodec.ResultEntry stored) {
        JobHead done = queries.finishedHead(id);
        ResultInfo info = done == null ? null : done.job().result();
        if (done == null || info == null || done.events().stream() != stored.first()) {
            return null;
        }
        long last = done.job().lastSeq();
        return new StoredResult(
                stored.head(), info.size(), from -> bodies.streamed(id, stored.first(), last, from, info.size()));
    }

    /** Returns the answer to the latest attempt, as far as it is stored. */
    Mono<Answer> answer(JobId id) {
        return queries.read(() -> queries.openHead(id))
                .flatMap(open -> queries.read(() -> begun(open)))
                .switchIfEmpty(result(id).flatMap(result -> queries.read(() -> ended(id, result))));
    }

    /** Returns what is stored of a response that is being streamed. */
    private @Nullable Answer begun(JobHead open) {
        JobId id = open.job().id();
        long first = open.events().stream();
        byte[] value = first == 0 ? null : main.get(Table.RESULTS, Keys.job(id));
        JobCodec.ResultEntry stored = value == null ? null : JobCodec.result(value);
        if (stored == null || stored.first() != first) {
            return null; // none, or it has ended meanwhile
        }
        long size = outputs.size(open);
        long last = open.job().lastSeq();
        return new Answer(
                stored.head(),
                open.job().attempt(),
                size,
                false,
                from -> from >= size ? Flux.empty() : bodies.streamed(id, first, last, from, size));
    }

    private @Nullable Answer ended(JobId id, StoredResult result) {
        JobHead done = queries.finishedHead(id);
        return done == null ? null : new Answer(result.head(), done.job().attempt(), result.size(), true, result::body);
    }
}
