package dev.sluice.journal.rocksdb;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.job.ResultInfo;
import dev.sluice.job.Transition;
import dev.sluice.journal.Ending;
import dev.sluice.journal.StaleClaimException;
import dev.sluice.journal.core.Body;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import reactor.core.publisher.MonoSink;

/** One move of one job: by the holder of its claim, or one that anyone may make, a cancellation or a report. */
final class Move implements Change {

    private final JobId id;
    private final @Nullable Job claimed;
    private final Transition transition;
    private final @Nullable Answer answer;
    private final WorkingSet working;
    private final MonoSink<Job> sink;
    private @Nullable Entry before;
    private Job.@Nullable Step step;

    /**
     * The backend's answer, ready to be stored.
     *
     * @param value encoded head, with the body if that is small
     * @param pieces pieces of the body that were written before
     */
    record Answer(byte[] value, int pieces) {}

    private Move(
            JobId id,
            @Nullable Job claimed,
            Transition transition,
            @Nullable Answer answer,
            WorkingSet working,
            MonoSink<Job> sink) {
        this.id = id;
        this.claimed = claimed;
        this.transition = transition;
        this.answer = answer;
        this.working = working;
        this.sink = sink;
    }

    static Move byHolder(
            Job claimed, Transition transition, @Nullable Answer answer, WorkingSet working, MonoSink<Job> sink) {
        return new Move(claimed.id(), claimed, transition, answer, working, sink);
    }

    static Move ending(Job claimed, Ending ending, Body body, WorkingSet working, MonoSink<Job> sink) {
        ResultInfo info = new ResultInfo(
                ending.result().status(),
                ending.result().headers().first("Content-Type").orElse(null),
                body.size());
        Transition end =
                ending.failure() == null ? new Transition.Succeed(info) : new Transition.Fail(ending.failure(), info);
        Answer answer = new Answer(Codec.result(ending.result(), claimed.fence(), body), body.pieces());
        return byHolder(claimed, end, answer, working, sink);
    }

    static Move byAnyone(JobId id, Transition transition, WorkingSet working, MonoSink<Job> sink) {
        return new Move(id, null, transition, null, working, sink);
    }

    @Override
    public void stage(Batch batch) throws RocksDBException {
        Entry entry = batch.open(id);
        if (claimed != null) {
            // The state too: an earlier change of the same group may have ended the claim.
            if (entry == null || entry.job().state() != JobState.RUNNING || !working.holds(claimed)) {
                throw new StaleClaimException(id);
            }
        } else if (entry == null) {
            Entry done = batch.done(id);
            if (done != null) {
                done.job().apply(transition, working.now()); // refuses
            }
            return; // unknown or expired
        }
        Job.Step move = entry.job().apply(transition, working.now());
        Entry after = answer == null ? entry.with(move.job()) : entry.with(move.job(), answer.pieces());
        batch.move(entry, after, move.event());
        if (answer != null) {
            batch.put(Table.RESULTS, Keys.job(id), answer.value());
            if (answer.pieces() > 0) {
                batch.delete(Table.RECEIVING, prefix());
            }
        }
        before = entry;
        step = move;
    }

    @Override
    public void committed() {
        if (before == null || step == null) {
            sink.success();
            return;
        }
        working.moved(before, step.job(), step.event());
        sink.success(step.job());
    }

    @Override
    public void failed(Throwable error) {
        sink.error(error);
    }

    @Override
    public int weight() {
        String told = transition instanceof Transition.Report report
                ? report.further()
                : transition instanceof Transition.Emit emit ? emit.output().content() : null;
        return 512 + (answer == null ? 0 : answer.value().length) + (told == null ? 0 : told.length());
    }

    @Override
    public boolean refusable() {
        return transition instanceof Transition.Report;
    }

    private byte[] prefix() {
        return Keys.body(id, Keys.Part.RESULT, claimed == null ? 0 : claimed.fence());
    }
}
