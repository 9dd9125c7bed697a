package dev.sluice.journal.embedded;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobResult;
import dev.sluice.job.Transition;
import dev.sluice.journal.Appended;
import dev.sluice.journal.IdempotencyKey;
import dev.sluice.journal.JobIntake;
import dev.sluice.journal.JobReader;
import dev.sluice.journal.Lookup;
import dev.sluice.journal.NewJob;
import dev.sluice.journal.core.Body;
import dev.sluice.journal.core.BodyIntake;
import dev.sluice.journal.core.BodyName;
import dev.sluice.journal.core.Fingerprint;
import dev.sluice.journal.core.ReceivedResponse;
import java.util.HexFormat;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/** Accepts jobs, and makes the moves of those who know the id of a job. */
final class EmbeddedIntake implements JobIntake {

    private final Store main;
    private final BodyIntake intake;
    private final EmbeddedPieceStore bodies;
    private final Writer writer;
    private final WorkingSet working;
    private final Queries queries;
    private final JobReader reader;
    private final JobEraser eraser;

    EmbeddedIntake(
            Store main,
            BodyIntake intake,
            EmbeddedPieceStore bodies,
            Writer writer,
            WorkingSet working,
            Queries queries,
            JobReader reader,
            JobEraser eraser) {
        this.main = main;
        this.intake = intake;
        this.bodies = bodies;
        this.writer = writer;
        this.working = working;
        this.queries = queries;
        this.reader = reader;
        this.eraser = eraser;
    }

    @Override
    public Mono<Appended> append(NewJob job, Flux<byte[]> body) {
        return Mono.create(sink -> {
            Fingerprint fingerprint = job.key() == null ? null : new Fingerprint(job.request());
            BodyName name = BodyName.request(job.id());
            intake.request(
                    name,
                    body,
                    fingerprint,
                    sink,
                    whole -> writer.submit(new AppendChange(job, whole, fingerprint, working, bodies, eraser, sink)));
        });
    }

    @Override
    public boolean hasRoom() {
        return main.space() == Store.Space.NORMAL;
    }

    @Override
    public Mono<Boolean> holds(IdempotencyKey key) {
        byte[] row = HexFormat.of().parseHex(key.hash());
        return queries.read(() -> {
            byte[] holder = main.get(Table.KEYS, row);
            return holder != null && isHeldBy(JobId.fromBytes(holder, 0));
        });
    }

    /** An expired job holds no key. */
    private boolean isHeldBy(JobId id) {
        JobHead open = queries.openHead(id);
        Job job = open == null ? queries.finished(id) : null;
        return job == null || !job.expired(working.erasable());
    }

    @Override
    public Mono<Job> report(JobId id, Transition.Report report) {
        return writer.change(sink -> MoveChange.byAnyone(id, report, working, sink));
    }

    @Override
    public Mono<Job> complete(JobId id, int attempt, JobResult head, Flux<byte[]> body) {
        Transition.Complete move = new Transition.Complete(attempt);
        return reader.find(id)
                .ofType(Lookup.Known.class)
                .doOnNext(known -> known.job().apply(move, working.now())) // refused before the body is read
                .flatMap(known -> Mono.create(sink -> {
                    BodyName name = bodies.response(id);
                    intake.answer(name, body, sink, whole -> completed(move, head, name, whole, sink));
                }));
    }

    private void completed(Transition.Complete move, JobResult head, BodyName name, Body whole, MonoSink<Job> sink) {
        ReceivedResponse response = new ReceivedResponse(name, 0, whole);
        Runnable unused = () -> bodies.discard(name, whole);
        writer.submit(MoveChange.completing(move, head, response, unused, working, sink));
    }

    @Override
    public Mono<Job> hear(JobId id, int attempt) {
        return writer.change(sink -> MoveChange.byAnyone(id, new Transition.Hear(attempt), working, sink));
    }

    @Override
    public Mono<Job> cancel(JobId id) {
        return writer.change(sink -> MoveChange.byAnyone(id, new Transition.Cancel(), working, sink));
    }

    @Override
    public Mono<Job> cancelToForget(JobId id) {
        return writer.change(sink -> MoveChange.byAnyone(id, new Transition.Cancel(true), working, sink));
    }

    @Override
    public Mono<Boolean> forget(JobId id) {
        return writer.change(sink -> new EraseChange(id, eraser, sink));
    }
}
