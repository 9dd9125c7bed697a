package dev.sluice.journal.postgres;

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
import dev.sluice.journal.core.BodyIntake;
import dev.sluice.journal.core.BodyName;
import dev.sluice.journal.core.Fingerprint;
import dev.sluice.journal.core.ReceivedResponse;
import java.time.Clock;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Accepts jobs, and makes the moves of those who know the id of a job. */
final class PostgresIntake implements JobIntake {

    static final String HOLDS = Sql.of("key-holds");

    private final Calls calls;
    private final Database database;
    private final Workers workers;
    private final Presence presence;
    private final BodyIntake intake;
    private final PostgresPieceStore pieces;
    private final Lanes<PendingAppend> appends;
    private final Lanes<PendingMove> moves;
    private final JobReader reader;
    private final Clock clock;
    private final ErasureSteps erasure;

    PostgresIntake(
            Calls calls,
            Database database,
            Workers workers,
            Presence presence,
            BodyIntake intake,
            PostgresPieceStore pieces,
            Lanes<PendingAppend> appends,
            Lanes<PendingMove> moves,
            JobReader reader,
            Clock clock,
            ErasureSteps erasure) {
        this.calls = calls;
        this.database = database;
        this.workers = workers;
        this.presence = presence;
        this.intake = intake;
        this.pieces = pieces;
        this.appends = appends;
        this.moves = moves;
        this.reader = reader;
        this.clock = clock;
        this.erasure = erasure;
    }

    @Override
    public Mono<Appended> append(NewJob job, Flux<byte[]> body) {
        BodyName name = BodyName.request(job.id());
        return Mono.<Appended>create(sink -> {
                    Fingerprint fingerprint = job.key() == null ? null : new Fingerprint(job.request());
                    intake.request(
                            name,
                            body,
                            fingerprint,
                            sink,
                            whole -> appends.submit(new PendingAppend(
                                    job,
                                    whole,
                                    fingerprint,
                                    presence.areCredentialsApart(),
                                    () -> pieces.discard(name),
                                    sink)));
                })
                .doFinally(end -> pieces.decided(name));
    }

    @Override
    public Mono<Boolean> holds(IdempotencyKey key) {
        return calls.run(() -> database.first(HOLDS, row -> Rows.flag(row, 0), key.hash()));
    }

    @Override
    public Mono<Job> report(JobId id, Transition.Report report) {
        return Mono.create(sink -> moves.submit(PendingMove.byAnyone(id, report, sink)));
    }

    @Override
    public Mono<Job> complete(JobId id, int attempt, JobResult head, Flux<byte[]> body) {
        Transition.Complete move = new Transition.Complete(attempt);
        return reader.find(id).ofType(Lookup.Known.class).map(Lookup.Known::job).flatMap(job -> {
            job.apply(move, clock.instant()); // refused before the body is read
            return presence.isParkingKnown() ? complete(job, move, head, body) : Mono.error(Presence.cannotPark());
        });
    }

    private Mono<Job> complete(Job job, Transition.Complete move, JobResult head, Flux<byte[]> body) {
        BodyName name = pieces.answer(job);
        Runnable discard = () -> pieces.discard(name);
        return Mono.<Job>create(sink -> intake.answer(
                        name,
                        body,
                        sink,
                        whole -> moves.submit(PendingMove.completing(
                                move,
                                head,
                                new ReceivedResponse(name, job.fence(), whole),
                                whole.pieces() > 0 ? discard : () -> {},
                                sink))))
                .doFinally(end -> pieces.decided(name));
    }

    @Override
    public Mono<Job> hear(JobId id, int attempt) {
        return Mono.create(sink -> moves.submit(PendingMove.byAnyone(id, new Transition.Hear(attempt), sink)));
    }

    @Override
    public Mono<Job> cancel(JobId id) {
        return Mono.create(sink -> moves.submit(PendingMove.byAnyone(id, new Transition.Cancel(), sink)));
    }

    @Override
    public Mono<Job> cancelToForget(JobId id) {
        return Mono.create(sink -> moves.submit(PendingMove.byAnyone(id, new Transition.Cancel(true), sink)));
    }

    @Override
    public Mono<Boolean> forget(JobId id) {
        return calls.settled(workers.run(() -> erasure.forget(id)), workers.patiently(() -> erasure.forgetAgain(id)));
    }
}
