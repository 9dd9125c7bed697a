package dev.sluice.journal.postgres;

import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobResult;
import dev.sluice.job.Output;
import dev.sluice.job.Transition;
import dev.sluice.journal.core.Decision;
import dev.sluice.journal.core.Decision.Step;
import dev.sluice.journal.core.OutputBlock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Consecutive pieces of a streamed response that are recorded in one step.
 *
 * @param pieces at least one
 * @param head the head of the response, with its first batch; null otherwise
 */
record OutputBatch(List<Output> pieces, @Nullable JobResult head) {

    OutputBatch {
        pieces = List.copyOf(pieces);
    }

    /** A stored block without its number: how many events of the batch come before it and in it, and where it ends. */
    record Block(int nth, int many, long till, byte[] value) {}

    /** Returns the steps of the other pieces after that of the first one. */
    List<Step> steps(Step first, Instant at) {
        List<Step> steps = new ArrayList<>(pieces.size());
        Step last = first;
        steps.add(last);
        for (Output piece : pieces.subList(1, pieces.size())) {
            last = Decision.step(last.after(), new Transition.Emit(piece), at);
            steps.add(last);
        }
        return steps;
    }

    /** Returns the stored form; the time of recording is in a column. */
    List<Block> blocks(Job before) {
        List<JobEvent.Emitted> events = new ArrayList<>(pieces.size());
        for (Output piece : pieces) {
            events.add(new JobEvent.Emitted(before.id(), before.route(), events.size(), Instant.EPOCH, piece));
        }
        List<Block> blocks = new ArrayList<>();
        OutputBlock.pack(events, (nth, value) -> {
            OutputBlock block = OutputBlock.of(nth, value);
            blocks.add(new Block((int) nth, (int) (block.last() + 1 - nth), block.end(), value));
        });
        return blocks;
    }

    int weight() {
        int weight = 0;
        for (Output piece : pieces) {
            weight += 64 + piece.bytes().length;
        }
        return weight;
    }
}
