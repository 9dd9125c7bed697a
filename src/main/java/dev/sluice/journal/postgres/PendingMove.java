package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobResult;
import dev.sluice.job.Transition;
import dev.sluice.journal.Ending;
import dev.sluice.journal.NewJob;
import dev.sluice.journal.StaleClaimException;
import dev.sluice.journal.core.Decision;
import dev.sluice.journal.core.Decision.Guard;
import dev.sluice.journal.core.Decision.Snapshot;
import dev.sluice.journal.core.GroupCommitter;
import dev.sluice.journal.core.JobCodec;
import dev.sluice.journal.core.ReceivedResponse;
import dev.sluice.journal.core.ReceivedStream;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.MonoSink;

/** A move waiting to be written; confined to the journal's thread once it is submitted. */
final class PendingMove implements GroupCommitter.Member {

    final JobId id;
    final Guard guard;
    final Transition transition;
    private final @Nullable Job claimed;
    private final @Nullable OutputBatch output;
    private final @Nullable ReceivedResponse response;
    private final byte @Nullable [] result;
    private final Runnable discard;
    private final MonoSink<Job> sink;

    /** The known version of the job; null if it must be read first. */
    private @Nullable Snapshot known;

    /** When it was read, by the database's time; null if it is cached and may be out of date. */
    private @Nullable Instant readAt;

    /** The version of the job at the last try whose outcome is unknown. */
    private @Nullable Job tried;

    /** The jobs that it caused in the latest try. */
    private List<NewJob> caused = List.of();

    private PendingMove(
            JobId id,
            Guard guard,
            Transition transition,
            @Nullable Job claimed,
            @Nullable OutputBatch output,
            @Nullable ReceivedResponse response,
            byte @Nullable [] result,
            Runnable discard,
            MonoSink<Job> sink) {
        this.id = id;
        this.guard = guard;
        this.transition = transition;
        this.claimed = claimed;
        this.output = output;
        this.response = response;
        this.result = result;
        this.discard = discard;
        this.sink = sink;
    }

    static PendingMove byAnyone(JobId id, Transition transition, MonoSink<Job> sink) {
        return noticed(id, Guard.ANYONE, transition, sink);
    }

    /** A move caused by time; does nothing if its guard does not apply. */
    static PendingMove noticed(JobId id, Guard guard, Transition transition, MonoSink<Job> sink) {
        return new PendingMove(id, guard, transition, null, null, null, null, PendingMove::keep, sink);
    }

    static PendingMove byHolder(Job claimed, Transition transition, MonoSink<Job> sink) {
        return new PendingMove(
                claimed.id(), Guard.HOLDER, transition, claimed, null, null, null, PendingMove::keep, sink);
    }

    /**
     * The end of a job with a response.
     *
     * @param discard removes the pieces of the response; run if the claim is not valid
     */
    static PendingMove ending(
            Job claimed, Ending ending, ReceivedResponse response, Runnable discard, MonoSink<Job> sink) {
        Transition end = ending.transition(response.size());
        byte[] result = JobCodec.result(ending.result(), response.body());
        return new PendingMove(claimed.id(), Guard.HOLDER, end, claimed, null, response, result, discard, sink);
    }

    /** The end of a job with a response that was streamed. */
    static PendingMove ending(Job claimed, Ending ending, ReceivedStream response, MonoSink<Job> sink) {
        Transition end = ending.transition(response.size());
        byte[] result = JobCodec.streamed(ending.result(), response.first());
        return new PendingMove(claimed.id(), Guard.HOLDER, end, claimed, null, null, result, PendingMove::keep, sink);
    }

    /** Some pieces of a response, recorded in one step. */
    static PendingMove emitting(Job claimed, OutputBatch output, MonoSink<Job> sink) {
        Transition first = new Transition.Emit(output.pieces().get(0));
        return new PendingMove(claimed.id(), Guard.HOLDER, first, claimed, output, null, null, PendingMove::keep, sink);
    }

    /**
     * The answer of an attempt by a later call.
     *
     * @param discard removes the pieces of the answer; run if it is not recorded
     */
    static PendingMove completing(
            Transition.Complete move, JobResult head, ReceivedResponse answer, Runnable discard, MonoSink<Job> sink) {
        byte[] result = JobCodec.result(head, answer.body());
        return new PendingMove(answer.name().job(), Guard.ANYONE, move, null, null, answer, result, discard, sink);
    }

    /** Returns the job as claimed; null if the caller has no claim. */
    @Nullable
    Job claimed() {
        return claimed;
    }

    /** Whether its job belongs to a group, if that is known without a read. */
    boolean isOfGroup() {
        return claimed != null && claimed.spec().group() != null;
    }

    /** Returns the pieces of a response that it records; null for a move with at most one event. */
    @Nullable
    OutputBatch output() {
        return output;
    }

    /** Returns the step, and those that are recorded with it. */
    List<Decision.Step> steps(Decision.Step first, Instant at) {
        return output == null ? List.of(first) : output.steps(first, at);
    }

    /** Returns all steps as one, with the event of the last. */
    Decision.Step whole(Decision.Step first, Instant at) {
        List<Decision.Step> steps = steps(first, at);
        Decision.Step last = steps.get(steps.size() - 1);
        return new Decision.Step(first.before(), last.after(), last.event(), last.forgotten());
    }

    /** As {@link #output}, which must be there. */
    OutputBatch emitted() {
        return Objects.requireNonNull(output);
    }

    byte @Nullable [] result() {
        return result;
    }

    /** Returns the part of its response; null without a response, unless it is in pieces or came by a later call. */
    @Nullable
    Long part() {
        return response == null || (!isPieced() && PostgresPieceStore.isOfClaim(response.name(), claimed))
                ? null
                : (Long) response.name().part();
    }

    /** Whether its response is in pieces. */
    boolean isPieced() {
        return response != null && response.body().pieces() > 0;
    }

    @Nullable
    Snapshot known() {
        return known;
    }

    @Nullable
    Instant readAt() {
        return readAt;
    }

    @Nullable
    Job tried() {
        return tried;
    }

    /** Sets a cached version. */
    void remembers(Job job) {
        known = new Snapshot(job, true);
        readAt = null;
    }

    /** Sets a version that was read. */
    void read(Snapshot standing, Instant at) {
        known = standing;
        readAt = at;
    }

    /** Requires that the job is read. */
    void mustBeRead() {
        known = null;
    }

    /** Records a try whose outcome is unknown; null when it is settled. */
    void tried(@Nullable Job before) {
        tried = before;
    }

    void causes(List<NewJob> jobs) {
        caused = jobs;
    }

    List<NewJob> caused() {
        return caused;
    }

    void done(Job after) {
        sink.success(after);
    }

    /** Completes without a job. */
    void nothing() {
        discard.run();
        sink.success();
    }

    /** The no-op discard of a move without a response. */
    private static void keep() {}

    @Override
    public void failed(Throwable error) {
        if (claimed == null || error instanceof StaleClaimException) {
            discard.run(); // while the claim is valid its holder may retry
        }
        sink.error(error);
    }

    @Override
    public int weight() {
        int length = output == null ? transition.length() : output.weight();
        return 512 + (result == null ? 0 : result.length) + length;
    }

    @Override
    public boolean refusable() {
        return transition instanceof Transition.Report;
    }
}
