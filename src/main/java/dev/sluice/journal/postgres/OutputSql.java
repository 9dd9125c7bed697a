package dev.sluice.journal.postgres;

import dev.sluice.job.JobId;
import dev.sluice.journal.Journal;
import dev.sluice.journal.core.JobCodec;
import dev.sluice.journal.core.OutputBlock;
import dev.sluice.journal.postgres.MoveSql.Planned;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The statements that write and read the output of jobs. */
final class OutputSql {

    private static final int BLOCKS_AT_ONCE = 256;

    private OutputSql() {}

    static final String EMIT = Sql.of("emit", Map.of("kept", Journal.HISTORY_KEPT, "step", MoveSql.TRIMMED_AT_ONCE));

    static final String ANSWER = Sql.of("answer");

    static final String FIND = Sql.of("output-find");

    static final String PART = Sql.of("output-part", Map.of("most", BLOCKS_AT_ONCE, "bytes", OutputBlock.MOST_BYTES));

    static @Nullable Object[] emit(List<Planned> moves) {
        int many = moves.size();
        Integer[] events = new Integer[many];
        byte[] @Nullable [] progresses = new byte[many] @Nullable [];
        byte[] @Nullable [] heads = new byte[many] @Nullable [];
        List<JobId> jobs = new ArrayList<>();
        List<OutputBatch.Block> blocks = new ArrayList<>();
        for (int i = 0; i < many; i++) {
            Planned planned = moves.get(i);
            OutputBatch batch = planned.move().emitted();
            events[i] = batch.pieces().size();
            progresses[i] = JobCodec.progress(planned.step().after().progress());
            heads[i] = batch.head() == null ? null : JobCodec.resultHead(batch.head());
            for (OutputBatch.Block block : batch.blocks(planned.step().before())) {
                jobs.add(planned.move().id);
                blocks.add(block);
            }
        }
        UUID[] ids = Rows.uuids(jobs);
        return MoveSql.parameters(
                moves,
                events,
                progresses,
                heads,
                ids,
                blocks.stream().map(OutputBatch.Block::nth).toArray(Integer[]::new),
                blocks.stream().map(OutputBatch.Block::many).toArray(Integer[]::new),
                blocks.stream().map(OutputBatch.Block::till).toArray(Long[]::new),
                blocks.stream().map(OutputBatch.Block::value).toArray(byte[][]::new));
    }
}
