package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobResult;
import dev.sluice.job.Output;
import dev.sluice.job.Transition;
import dev.sluice.journal.Ending;
import dev.sluice.journal.ReceivedBody;
import dev.sluice.journal.StaleClaimException;
import dev.sluice.journal.WorkQueue;
import dev.sluice.journal.core.BodyIntake;
import dev.sluice.journal.core.BodyName;
import dev.sluice.journal.core.Decision;
import dev.sluice.journal.core.ReceivedResponse;
import dev.sluice.journal.core.ReceivedStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Hands out due jobs, and makes the moves of those who hold a claim. */
final class PostgresWorkQueue implements WorkQueue {

    private static final int GIVEN_BACK_AT_ONCE = 256;

    private final Calls calls;
    private final Workers workers;
    private final Claims claims;
    private final Resumes resumes;
    private final TimeLimits timeLimits;
    private final Running running;
    private final Presence presence;
    private final Lanes<PendingMove> moves;
    private final BodyIntake intake;
    private final PostgresPieceStore pieces;
    private final Streams streams;
    private final BodyReads bodies;
    private final Hints hints;

    PostgresWorkQueue(
            Calls calls,
            Workers workers,
            Claims claims,
            Resumes resumes,
            TimeLimits timeLimits,
            Running running,
            Presence presence,
            Lanes<PendingMove> moves,
            BodyIntake intake,
            PostgresPieceStore pieces,
            Streams streams,
            BodyReads bodies,
            Hints hints) {
        this.calls = calls;
        this.workers = workers;
        this.claims = claims;
        this.resumes = resumes;
        this.timeLimits = timeLimits;
        this.running = running;
        this.presence = presence;
        this.moves = moves;
        this.intake = intake;
        this.pieces = pieces;
        this.streams = streams;
        this.bodies = bodies;
        this.hints = hints;
    }

    @Override
    public Mono<Claimed> claim(Map<String, Demand> demand, Duration lease) {
        return calls.run(() -> claims.claim(demand, lease));
    }

    @Override
    public Mono<Claimed> resume(Map<String, Integer> room, Duration lease) {
        return calls.run(() -> resumes.resume(room, lease));
    }

    @Override
    public Mono<Completed> answered(Job claimed) {
        return calls.run(() -> bodies.answered(claimed));
    }

    @Override
    public Mono<List<JobId>> renew(Collection<Job> claimed, Duration lease) {
        return Mono.defer(() -> {
            // Begun before a worker is free, so that a job finished meanwhile is not reported as lost.
            Runnable end = running.renewal();
            return Flux.fromIterable(TimeLimits.parts(claimed))
                    .flatMap(
                            part -> calls.<List<JobId>>run(() -> timeLimits.renew(part, lease)),
                            TimeLimits.RENEWALS_AT_ONCE)
                    .<List<JobId>>collect(ArrayList::new, List::addAll)
                    .doOnTerminate(end)
                    .doOnCancel(end);
        });
    }

    @Override
    public Mono<Job> record(Job claimed, Transition move) {
        return Mono.defer(() -> {
            Decision.requireRecorded(move);
            return move(claimed, move);
        });
    }

    /** As {@link #record}, also of a single piece of output, as earlier versions store it. */
    Mono<Job> move(Job claimed, Transition move) {
        return Mono.create(sink -> {
            if (move instanceof Transition.Await && !presence.isParkingKnown()) {
                sink.error(Presence.cannotPark());
            } else {
                moves.submit(PendingMove.byHolder(claimed, move, sink));
            }
        });
    }

    @Override
    public Mono<ReceivedBody> receive(Job claimed, Flux<byte[]> body) {
        return Mono.create(sink -> {
            BodyName name = pieces.response(claimed);
            intake.response(
                    name,
                    body,
                    () -> running.holds(claimed),
                    sink,
                    whole -> sink.success(new ReceivedResponse(name, claimed.fence(), whole)));
        });
    }

    @Override
    public Mono<ReceivedBody> stream(Job claimed, JobResult head, Flux<List<Output>> batches) {
        return Mono.defer(() -> presence.isOutputKnown()
                ? streams.receive(claimed, head, batches)
                : receive(claimed, streams.asBefore(claimed, batches)));
    }

    @Override
    public Mono<Job> finish(Job claimed, Ending ending, ReceivedBody body) {
        if (body instanceof ReceivedStream streamed && streamed.isOf(claimed)) {
            return Mono.create(sink -> moves.submit(PendingMove.ending(claimed, ending, streamed, sink)));
        } else if (body instanceof ReceivedResponse received && received.isOf(claimed)) {
            return finish(claimed, ending, received);
        }
        return Mono.error(new StaleClaimException(claimed.id()));
    }

    private Mono<Job> finish(Job claimed, Ending ending, ReceivedResponse received) {
        BodyName name = received.name();
        boolean pieced = received.body().pieces() > 0;
        Runnable discard = pieced ? () -> pieces.discard(name) : () -> {};
        Runnable belongs = pieced ? () -> pieces.belongs(name) : () -> {};
        return Mono.<Job>create(sink -> moves.submit(PendingMove.ending(claimed, ending, received, discard, sink)))
                .doOnSuccess(job -> belongs.run());
    }

    /** Releases all claims of this node, also those that it was not told of. */
    Mono<Void> giveBack(Duration lease) {
        return workers.run(() -> {
                    claims.takeOver(lease);
                    resumes.takeOver(lease);
                    return true;
                })
                .onErrorComplete()
                .thenMany(Flux.defer(() -> Flux.fromIterable(running.all())))
                .flatMap(job -> record(job, new Transition.Lose()).onErrorComplete(), GIVEN_BACK_AT_ONCE)
                .then();
    }

    @Override
    public Mono<Instant> failOverdue() {
        return calls.run(timeLimits::failOverdue);
    }

    @Override
    public void offer(String route) {
        hints.offer(route);
    }

    @Override
    public Flux<String> offers() {
        return hints.offers();
    }
}
