package dev.sluice.journal.embedded;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobResult;
import dev.sluice.job.Transition;
import dev.sluice.journal.Ending;
import dev.sluice.journal.core.Decision;
import dev.sluice.journal.core.Decision.Guard;
import dev.sluice.journal.core.JobCodec;
import dev.sluice.journal.core.ReceivedResponse;
import dev.sluice.journal.core.ReceivedStream;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.MonoSink;

/** A move of a job by the holder of its claim, or one that needs no claim: a cancellation, a report or a completion. */
final class MoveChange implements Change {

    private final JobId id;
    private final @Nullable Job claimed;
    private final Transition transition;
    private final @Nullable ReceivedResponse response;
    private final boolean streamed;
    private final byte[] result;
    private final Runnable kept;
    private final Runnable unused;
    private final WorkingSet working;
    private final MonoSink<Job> sink;
    private @Nullable StagedMove moved;

    private MoveChange(
            JobId id,
            @Nullable Job claimed,
            Transition transition,
            @Nullable ReceivedResponse response,
            boolean streamed,
            byte[] result,
            Runnable kept,
            Runnable unused,
            WorkingSet working,
            MonoSink<Job> sink) {
        this.id = id;
        this.claimed = claimed;
        this.transition = transition;
        this.response = response;
        this.streamed = streamed;
        this.result = result;
        this.kept = kept;
        this.unused = unused;
        this.working = working;
        this.sink = sink;
    }

    static MoveChange byAnyone(JobId id, Transition transition, WorkingSet working, MonoSink<Job> sink) {
        return new MoveChange(
                id, null, transition, null, false, CommitGroup.NOTHING, () -> {}, () -> {}, working, sink);
    }

    static MoveChange byHolder(Job claimed, Transition transition, WorkingSet working, MonoSink<Job> sink) {
        return new MoveChange(
                claimed.id(), claimed, transition, null, false, CommitGroup.NOTHING, () -> {}, () -> {}, working, sink);
    }

    /**
     * The end of a job with a response.
     *
     * @param kept run when the response has become the job's result
     */
    static MoveChange ending(
            Job claimed,
            Ending ending,
            ReceivedResponse response,
            Runnable kept,
            WorkingSet working,
            MonoSink<Job> sink) {
        Transition end = ending.transition(response.size());
        byte[] result = JobCodec.result(ending.result(), response.name().part(), response.body());
        return new MoveChange(claimed.id(), claimed, end, response, false, result, kept, () -> {}, working, sink);
    }

    /** The end of a job with a response that was streamed, of which no more than the head is to be written. */
    static MoveChange ending(
            Job claimed, Ending ending, ReceivedStream response, WorkingSet working, MonoSink<Job> sink) {
        Transition end = ending.transition(response.size());
        byte[] result = ending.result().equals(response.head())
                ? CommitGroup.NOTHING
                : JobCodec.streamed(ending.result(), response.first());
        return new MoveChange(claimed.id(), claimed, end, null, true, result, () -> {}, () -> {}, working, sink);
    }

    /**
     * The answer to an attempt by a later call of the backend.
     *
     * @param unused run when it is certain that it is not stored
     */
    static MoveChange completing(
            Transition.Complete move,
            JobResult head,
            ReceivedResponse response,
            Runnable unused,
            WorkingSet working,
            MonoSink<Job> sink) {
        byte[] result = JobCodec.result(head, response.name().part(), response.body());
        JobId id = response.name().job();
        return new MoveChange(id, null, move, response, false, result, () -> {}, unused, working, sink);
    }

    @Override
    public void stage(CommitGroup group) {
        if (transition instanceof Transition.Report) {
            group.admit(weight());
        }
        JobHead head = group.jobs().open(id);
        if (head == null && claimed == null) {
            head = group.jobs().done(id);
        }
        Job job = head == null ? null : head.job();
        Guard guard = claimed == null ? Guard.ANYONE : Guard.HOLDER;
        boolean leased = claimed != null && working.holds(claimed);
        Decision decision =
                Decision.of(id, new Decision.Snapshot(job, leased), guard, claimed, transition, working.now());
        if (decision instanceof Decision.Stale stale) {
            throw stale.error();
        } else if (decision instanceof Decision.Refused refused) {
            throw refused.error();
        } else if (decision instanceof Decision.Step step && head != null) {
            moved = new StagedMove(head, after(head, step.after()), step);
            moved.stage(group);
            if (result.length > 0) {
                group.put(Table.RESULTS, Keys.job(id), result);
            }
        }
    }

    private JobHead after(JobHead head, Job next) {
        if (response != null) {
            return head.with(next, response.body().pieces());
        }
        return streamed ? head.ended(next) : head.with(next);
    }

    @Override
    public void committed() {
        if (moved == null) {
            unused.run();
            sink.success();
            return;
        }
        kept.run();
        working.moved(moved, response);
        sink.success(moved.step().after());
    }

    @Override
    public void failed(Throwable error) {
        unused.run();
        sink.error(error);
    }

    @Override
    public void inDoubt(Throwable error) {
        sink.error(error);
    }

    @Override
    public void rolledBack() {
        unused.run();
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
