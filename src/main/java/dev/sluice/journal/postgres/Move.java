package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.job.Transition;
import dev.sluice.journal.StaleClaimException;
import dev.sluice.journal.core.GroupCommitter;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.MonoSink;

/** One move of a job on its way to the database; belongs to the journal's thread once it is submitted. */
final class Move implements GroupCommitter.Member {

    /** On what a move depends beside the number of the event that it follows. */
    enum Guard {
        /** On nothing: anyone may. */
        NONE(0),
        /** The claim must hold. */
        CLAIM(1),
        /** The lease of the claim must have run out. */
        LEASE_OUT(2),
        /** The deadline must have passed. */
        OVERDUE(3);

        /** How statements know it. */
        final int mode;

        Guard(int mode) {
            this.mode = mode;
        }
    }

    final JobId id;
    final Guard guard;
    final Transition transition;
    private final @Nullable Job claimed;
    private final byte @Nullable [] result;
    private final Runnable discard;
    private final MonoSink<Job> sink;

    /** The job as it is taken to stand; null if it must be read first. */
    @Nullable
    Job before;

    /** Whether {@link #before} was read, so that what it does not allow is an error. */
    boolean read;

    /** What {@link #before} was when the move was last tried without its end being known. */
    @Nullable
    Job tried;

    /** Whether it was looked for in vain what became of that, after it seemed impossible. */
    boolean doubted;

    /** Whether a holder of the job waits for it. */
    boolean underWay;

    Move(
            JobId id,
            Guard guard,
            Transition transition,
            @Nullable Job claimed,
            byte @Nullable [] result,
            Runnable discard,
            MonoSink<Job> sink) {
        this.id = id;
        this.guard = guard;
        this.transition = transition;
        this.claimed = claimed;
        this.result = result;
        this.discard = discard;
        this.sink = sink;
    }

    /** The job as its holder claimed it; null if nobody says that he holds it. */
    @Nullable
    Job claimed() {
        return claimed;
    }

    byte @Nullable [] result() {
        return result;
    }

    /** Whether this is the claim that the job is under now. */
    boolean isHolderOf(Job job) {
        return claimed != null && job.state() == JobState.RUNNING && job.fence() == claimed.fence();
    }

    void done(Job after) {
        sink.success(after);
    }

    /** There is nothing to move. */
    void nothing() {
        discard.run();
        sink.success();
    }

    @Override
    public void failed(Throwable error) {
        if (error instanceof StaleClaimException) {
            discard.run(); // as long as the claim holds its holder may try again
        }
        sink.error(error);
    }

    @Override
    public int weight() {
        String told = transition instanceof Transition.Report report
                ? report.further()
                : transition instanceof Transition.Emit emit ? emit.output().content() : null;
        return 512 + (result == null ? 0 : result.length) + (told == null ? 0 : told.length());
    }

    @Override
    public boolean refusable() {
        return transition instanceof Transition.Report;
    }
}
