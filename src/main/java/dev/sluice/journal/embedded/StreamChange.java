package dev.sluice.journal.embedded;

import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobResult;
import dev.sluice.job.Output;
import dev.sluice.job.Transition;
import dev.sluice.journal.core.Decision;
import dev.sluice.journal.core.Decision.Guard;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.MonoSink;

/** Records consecutive pieces of a streamed response in one step. Completes with the number of the response's first event. */
final class StreamChange implements Change {

    private final Job claimed;
    private final JobResult head;
    private final long stream;
    private final List<Output> pieces;
    private final WorkingSet working;
    private final MonoSink<Long> sink;
    private final List<JobEvent.Emitted> events;
    private @Nullable JobHead after;

    /**
     * Creates a change.
     *
     * @param stream what the change with the first pieces of the response completed with; 0 for that one
     */
    StreamChange(
            Job claimed, JobResult head, long stream, List<Output> pieces, WorkingSet working, MonoSink<Long> sink) {
        this.claimed = claimed;
        this.head = head;
        this.stream = stream;
        this.pieces = pieces;
        this.working = working;
        this.sink = sink;
        this.events = new ArrayList<>(pieces.size());
    }

    @Override
    public void stage(CommitGroup group) {
        group.admit(weight());
        JobHead before = group.jobs().open(claimed.id());
        boolean leased = working.holds(claimed);
        Instant now = working.now();
        Job job = before == null ? null : before.job();
        for (Output piece : pieces) {
            Transition move = new Transition.Emit(piece);
            Decision decision =
                    Decision.of(claimed.id(), new Decision.Snapshot(job, leased), Guard.HOLDER, claimed, move, now);
            if (decision instanceof Decision.Stale stale) {
                throw stale.error();
            } else if (decision instanceof Decision.Refused refused) {
                throw refused.error();
            } else if (decision instanceof Decision.Step step && step.event() instanceof JobEvent.Emitted event) {
                job = step.after();
                events.add(event);
            }
        }
        if (before != null && job != null) {
            if (stream != before.events().stream()) {
                throw new IllegalStateException("another response is streamed under the claim of job " + job.id());
            }
            after = before.emitted(job, events.get(0).seq());
            group.emit(before, after, events, head);
        }
    }

    @Override
    public void committed() {
        if (after != null) {
            working.emitted(after, events);
            sink.success(after.events().stream());
        }
    }

    @Override
    public void failed(Throwable error) {
        sink.error(error);
    }

    @Override
    public int weight() {
        int weight = 512;
        for (Output piece : pieces) {
            weight += 64 + piece.bytes().length;
        }
        return weight;
    }
}
