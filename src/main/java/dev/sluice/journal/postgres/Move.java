package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.Transition;
import dev.sluice.journal.Ending;
import dev.sluice.journal.StaleClaimException;
import dev.sluice.journal.core.Decision.Guard;
import dev.sluice.journal.core.Decision.Known;
import dev.sluice.journal.core.GroupCommitter;
import dev.sluice.journal.core.JobCodec;
import dev.sluice.journal.core.Received;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.MonoSink;

/** One move of a job on its way to the database; belongs to the journal's thread once it is submitted. */
final class Move implements GroupCommitter.Member {

    final JobId id;
    final Guard guard;
    final Transition transition;
    private final @Nullable Job claimed;
    private final @Nullable Received answer;
    private final byte @Nullable [] result;
    private final Runnable discard;
    private final MonoSink<Job> sink;

    /** How the job stands; null if that must be read first. */
    private @Nullable Known known;

    /** When that was read, by the database's time; null if this node remembers it, so that it may be out of date. */
    private @Nullable Instant readAt;

    /** How the job stood when the move was last tried without its end being known. */
    private @Nullable Job tried;

    private Move(
            JobId id,
            Guard guard,
            Transition transition,
            @Nullable Job claimed,
            @Nullable Received answer,
            byte @Nullable [] result,
            Runnable discard,
            MonoSink<Job> sink) {
        this.id = id;
        this.guard = guard;
        this.transition = transition;
        this.claimed = claimed;
        this.answer = answer;
        this.result = result;
        this.discard = discard;
        this.sink = sink;
    }

    static Move byAnyone(JobId id, Transition transition, MonoSink<Job> sink) {
        return noticed(id, Guard.ANYONE, transition, sink);
    }

    /** What time does to a job; there is nothing to move if the guard says that it no longer applies. */
    static Move noticed(JobId id, Guard guard, Transition transition, MonoSink<Job> sink) {
        return new Move(id, guard, transition, null, null, null, Move::keep, sink);
    }

    static Move byHolder(Job claimed, Transition transition, MonoSink<Job> sink) {
        return new Move(claimed.id(), Guard.HOLDER, transition, claimed, null, null, Move::keep, sink);
    }

    /**
     * The end of a job with an answer.
     *
     * @param discard removes the pieces of the answer; run if the claim is found not to hold
     */
    static Move ending(Job claimed, Ending ending, Received answer, Runnable discard, MonoSink<Job> sink) {
        Transition end = ending.transition(answer.size());
        byte[] result = JobCodec.answer(ending.result(), answer.body());
        return new Move(claimed.id(), Guard.HOLDER, end, claimed, answer, result, discard, sink);
    }

    /** The job as its holder claimed it; null if nobody says that he holds it. */
    @Nullable
    Job claimed() {
        return claimed;
    }

    byte @Nullable [] result() {
        return result;
    }

    /** The part of its answer; null if that has no pieces, or there is none. */
    @Nullable
    Long part() {
        return answer == null || answer.body().pieces() == 0
                ? null
                : (Long) answer.name().part();
    }

    @Nullable
    Known known() {
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
        known = new Known(job, true);
        readAt = null;
    }

    /** How the job stands was read. */
    void read(Known standing, Instant at) {
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

    /** What there is to discard of a move without an answer. */
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
