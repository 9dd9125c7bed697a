package dev.sluice.journal.embedded;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobResult;
import dev.sluice.job.Output;
import dev.sluice.job.Transition;
import dev.sluice.journal.Ending;
import dev.sluice.journal.ReceivedBody;
import dev.sluice.journal.StaleClaimException;
import dev.sluice.journal.StandingClaim;
import dev.sluice.journal.WorkQueue;
import dev.sluice.journal.core.Body;
import dev.sluice.journal.core.BodyIntake;
import dev.sluice.journal.core.BodyName;
import dev.sluice.journal.core.Decision;
import dev.sluice.journal.core.OutputIntake;
import dev.sluice.journal.core.ReceivedResponse;
import dev.sluice.journal.core.ReceivedStream;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/** Hands out due jobs, and makes the moves of those who hold a claim. */
final class EmbeddedWorkQueue implements WorkQueue {

    private final BodyIntake intake;
    private final OutputIntake outputs = new OutputIntake();
    private final EmbeddedPieceStore bodies;
    private final Writer writer;
    private final WorkingSet working;
    private final StoredAnswers answers;
    private volatile boolean closed;

    EmbeddedWorkQueue(
            BodyIntake intake, EmbeddedPieceStore bodies, Writer writer, WorkingSet working, StoredAnswers answers) {
        this.intake = intake;
        this.bodies = bodies;
        this.writer = writer;
        this.working = working;
        this.answers = answers;
    }

    @Override
    public Mono<Claimed> claim(Map<String, Demand> demand, Duration lease) {
        return writer.change(sink -> new ClaimChange(Map.copyOf(demand), lease, working, writer, sink));
    }

    @Override
    public StandingClaim stand(Map<String, Demand> demand, Duration lease) {
        StandingChange claim = new StandingChange(Map.copyOf(demand), lease, working, writer);
        writer.stand(claim);
        return claim;
    }

    @Override
    public Mono<Claimed> resume(Map<String, Integer> room, Duration lease) {
        return writer.change(sink -> new ResumeChange(Map.copyOf(room), lease, working, writer, sink));
    }

    @Override
    public Mono<Completed> answered(Job claimed) {
        return answers.answered(claimed);
    }

    @Override
    public Mono<List<JobId>> renew(Collection<Job> claimed, Duration lease) {
        return writer.change(sink -> new RenewChange(List.copyOf(claimed), lease, working, sink));
    }

    @Override
    public Mono<Job> record(Job claimed, Transition move) {
        return writer.change(sink -> {
            Decision.requireRecorded(move);
            return MoveChange.byHolder(claimed, move, working, sink);
        });
    }

    @Override
    public Mono<ReceivedBody> receive(Job claimed, Flux<byte[]> body) {
        return Mono.create(sink -> {
            BodyName name = bodies.response(claimed.id());
            intake.response(
                    name, body, () -> working.holds(claimed), sink, whole -> received(claimed, name, whole, sink));
        });
    }

    private void received(Job claimed, BodyName name, Body whole, MonoSink<ReceivedBody> sink) {
        ReceivedResponse received = new ReceivedResponse(name, claimed.fence(), whole);
        if (closed) {
            sink.error(new IllegalStateException("the journal is closed"));
        } else if (whole.pieces() == 0 || working.receive(claimed, name)) {
            sink.success(received);
        } else {
            bodies.discard(name, whole);
            sink.error(new StaleClaimException(claimed.id()));
        }
    }

    @Override
    public Mono<ReceivedBody> stream(Job claimed, JobResult head, Flux<List<Output>> batches) {
        return Mono.defer(() -> {
            AtomicLong first = new AtomicLong();
            return outputs.receive(
                            claimed,
                            batches,
                            () -> working.holds(claimed),
                            batch -> writer.<Long>change(
                                            sink -> new StreamChange(claimed, head, first.get(), batch, working, sink))
                                    .doOnNext(first::set))
                    .map(size -> streamed(claimed, head, first.get(), size));
        });
    }

    /** Returns what was streamed; a response without any piece is an ordinary one without a body. */
    private ReceivedBody streamed(Job claimed, JobResult head, long first, long size) {
        return first == 0
                ? new ReceivedResponse(
                        bodies.response(claimed.id()), claimed.fence(), new Body(0, 0, CommitGroup.NOTHING))
                : new ReceivedStream(claimed.id(), claimed.fence(), head, first, size);
    }

    @Override
    public Mono<Job> finish(Job claimed, Ending ending, ReceivedBody body) {
        if (body instanceof ReceivedStream streamed && streamed.isOf(claimed)) {
            return writer.change(sink -> MoveChange.ending(claimed, ending, streamed, working, sink));
        } else if (body instanceof ReceivedResponse received && received.isOf(claimed)) {
            Runnable kept = () -> bodies.belongs(received.name(), received.body());
            return writer.change(sink -> MoveChange.ending(claimed, ending, received, kept, working, sink));
        }
        return Mono.error(new StaleClaimException(claimed.id()));
    }

    @Override
    public Mono<Instant> failOverdue() {
        return writer.change(sink -> new OverdueChange(working, writer, sink));
    }

    /** Fails the responses being received, and later ones. */
    void close() {
        closed = true;
        outputs.close();
    }
}
