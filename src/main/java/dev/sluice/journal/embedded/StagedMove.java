package dev.sluice.journal.embedded;

import dev.sluice.job.Job;
import dev.sluice.job.Transition;
import dev.sluice.journal.core.Decision;
import dev.sluice.journal.core.Decision.Guard;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A decided step of a job with the heads before and after it. */
record StagedMove(JobHead before, JobHead after, Decision.Step step) {

    /** Decides a move that the journal makes by itself; null if its guard does not apply. */
    static @Nullable StagedMove of(JobHead head, Guard guard, Transition move, Instant now) {
        Job job = head.job();
        Decision decision = Decision.of(job.id(), new Decision.Snapshot(job, false), guard, null, move, now);
        return decision instanceof Decision.Step step ? new StagedMove(head, head.with(step.after()), step) : null;
    }

    void stage(CommitGroup group) {
        group.prepare(before, after, step).run();
    }
}
