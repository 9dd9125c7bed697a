package dev.sluice.journal.embedded;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.Transition;
import dev.sluice.journal.Ending;
import dev.sluice.journal.core.Decision;
import dev.sluice.journal.core.Decision.Guard;
import dev.sluice.journal.core.JobCodec;
import dev.sluice.journal.core.Received;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.MonoSink;

/** One move of one job: by the holder of its claim, or one that anyone may make, a cancellation or a report. */
final class Move implements Change {

    private final JobId id;
    private final @Nullable Job claimed;
    private final Transition transition;
    private final @Nullable Received answer;
    private final byte[] result;
    private final Runnable kept;
    private final WorkingSet working;
    private final MonoSink<Job> sink;
    private @Nullable Moved moved;

    private Move(
            JobId id,
            @Nullable Job claimed,
            Transition transition,
            @Nullable Received answer,
            byte[] result,
            Runnable kept,
            WorkingSet working,
            MonoSink<Job> sink) {
        this.id = id;
        this.claimed = claimed;
        this.transition = transition;
        this.answer = answer;
        this.result = result;
        this.kept = kept;
        this.working = working;
        this.sink = sink;
    }

    static Move byAnyone(JobId id, Transition transition, WorkingSet working, MonoSink<Job> sink) {
        return new Move(id, null, transition, null, Group.NOTHING, () -> {}, working, sink);
    }

    static Move byHolder(Job claimed, Transition transition, WorkingSet working, MonoSink<Job> sink) {
        return new Move(claimed.id(), claimed, transition, null, Group.NOTHING, () -> {}, working, sink);
    }

    /**
     * The end of a job with an answer.
     *
     * @param kept run when the answer is the job's result
     */
    static Move ending(
            Job claimed, Ending ending, Received answer, Runnable kept, WorkingSet working, MonoSink<Job> sink) {
        Transition end = ending.transition(answer.size());
        byte[] result = JobCodec.answer(ending.result(), answer.name().part(), answer.body());
        return new Move(claimed.id(), claimed, end, answer, result, kept, working, sink);
    }

    @Override
    public void stage(Group group) {
        if (transition instanceof Transition.Report) {
            group.admit(weight());
        }
        JobHead head = group.open(id);
        if (head == null && claimed == null) {
            head = group.done(id);
        }
        Job job = head == null ? null : head.job();
        Guard guard = claimed == null ? Guard.ANYONE : Guard.HOLDER;
        boolean leased = claimed != null && working.holds(claimed);
        Decision decision = Decision.of(id, new Decision.Known(job, leased), guard, claimed, transition, working.now());
        if (decision instanceof Decision.Stale stale) {
            throw stale.error();
        } else if (decision instanceof Decision.Refused refused) {
            throw refused.error();
        } else if (decision instanceof Decision.Step step && head != null) {
            moved = new Moved(
                    head,
                    answer == null
                            ? head.with(step.after())
                            : head.with(step.after(), answer.body().pieces()),
                    step);
            moved.stage(group);
            if (answer != null) {
                group.put(Table.RESULTS, Keys.job(id), result);
            }
        }
    }

    @Override
    public void committed() {
        if (moved == null) {
            sink.success();
            return;
        }
        kept.run();
        working.moved(moved, answer);
        sink.success(moved.step().after());
    }

    @Override
    public void failed(Throwable error) {
        sink.error(error);
    }

    @Override
    public int weight() {
        return 512 + result.length + transition.length();
    }

    @Override
    public boolean refusable() {
        return transition instanceof Transition.Report;
    }
}
