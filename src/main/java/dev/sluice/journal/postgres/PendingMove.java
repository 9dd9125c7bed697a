package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.Transition;
import dev.sluice.journal.Ending;
import dev.sluice.journal.StaleClaimException;
import dev.sluice.journal.core.Decision.Guard;
import dev.sluice.journal.core.Decision.Snapshot;
import dev.sluice.journal.core.GroupCommitter;
import dev.sluice.journal.core.JobCodec;
import dev.sluice.journal.core.ReceivedResponse;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.MonoSink;

/** One move of a job on its way to the database; belongs to the journal's thread once it is submitted. */
final class PendingMove implements GroupCommitter.Member {

    final JobId id;
    final Guard guard;
    final Transition transition;
    private final @Nullable Job claimed;
    private final @Nullable ReceivedResponse response;
    private final byte @Nullable [] result;
    private final Runnable discard;
    private final MonoSink<Job> sink;

    /** How the job stands; null if that must be read first. */
    private @Nullable Snapshot known;

    /** When that was read, by the database's time; null if this node remembers it, so that it may be out of date. */
    private @Nullable Instant readAt;

    /** How the job stood when the move was last tried without its end being known. */
    private @Nullable Job tried;

    private PendingMove(
            JobId id,
            Guard guard,
            Transition transition,
            @Nullable Job claimed,
            @Nullable ReceivedResponse response,
            byte @Nullable [] result,
            Runnable discard,
            MonoSink<Job> sink) {
        this.id = id;
        this.guard = guard;
        this.transition = transition;
        this.claimed = claimed;
        this.response = response;
        this.result = result;
        this.discard = discard;
        this.sink = sink;
    }

    static PendingMove byAnyone(JobId id, Transition transition, MonoSink<Job> sink) {
        return noticed(id, Guard.ANYONE, transition, sink);
    }

    /** What time does to a job; there is nothing to move if the guard says that it no longer applies. */
    static PendingMove noticed(JobId id, Guard guard, Transition transition, MonoSink<Job> sink) {
        return new PendingMove(id, guard, transition, null, null, null, PendingMove::keep, sink);
    }

    static PendingMove byHolder(Job claimed, Transition transition, MonoSink<Job> sink) {
        return new PendingMove(claimed.id(), Guard.HOLDER, transition, claimed, null, null, PendingMove::keep, sink);
    }

    /**
     * The end of a job with a response.
     *
     * @param discard removes the pieces of the response; run if the claim is found not to hold
     */
    static PendingMove ending(
            Job claimed, Ending ending, ReceivedResponse response, Runnable discard, MonoSink<Job> sink) {
        Transition end = ending.transition(response.size());
        byte[] result = JobCodec.result(ending.result(), response.body());
        return new PendingMove(claimed.id(), Guard.HOLDER, end, claimed, response, result, discard, sink);
    }

    /** The job as its holder claimed it; null if nobody says that he holds it. */
    @Nullable
    Job claimed() {
        return claimed;
    }

    byte @Nullable [] result() {
        return result;
    }

    /** The part of its response; null if that has no pieces, or there is none. */
    @Nullable
    Long part() {
        return response == null || response.body().pieces() == 0
                ? null
                : (Long) response.name().part();
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

    /** This node remembers how the job stands. */
    void remembers(Job job) {
        known = new Snapshot(job, true);
        readAt = null;
    }

    /** How the job stands was read. */
    void read(Snapshot standing, Instant at) {
        known = standing;
        readAt = at;
    }

    /** It must be read how the job stands. */
    void mustBeRead() {
        known = null;
    }

    /** A try of which nobody knows whether it was written; null if that was cleared up. */
    void tried(@Nullable Job before) {
        tried = before;
    }

    void done(Job after) {
        sink.success(after);
    }

    /** There is nothing to move. */
    void nothing() {
        sink.success();
    }

    /** What there is to discard of a move without a response. */
    private static void keep() {}

    @Override
    public void failed(Throwable error) {
        if (error instanceof StaleClaimException) {
            discard.run(); // as long as the claim holds its holder may try again
        }
        sink.error(error);
    }

    @Override
    public int weight() {
        return 512 + (result == null ? 0 : result.length) + transition.length();
    }

    @Override
    public boolean refusable() {
        return transition instanceof Transition.Report;
    }
}
