package dev.sluice.journal.embedded;

import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.journal.JobErasedException;
import dev.sluice.journal.core.OutputBlock;
import java.io.ByteArrayOutputStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads the output of jobs, as events and as the body that they carry. Blocks. */
final class Outputs {

    private static final int PART = OutputBlock.MOST_BYTES;

    private final Store main;

    Outputs(Store main) {
        this.main = main;
    }

    /**
     * A part of a body.
     *
     * @param end the offset behind it
     * @param next the number of the first event behind it
     */
    record Part(byte[] bytes, long end, long next) {}

    /** Returns the head of a job that was running with the output that was stored after it. */
    JobHead current(JobHead stored) {
        Job job = stored.job();
        long stream = stored.events().stream();
        OutputBlock last = stream == 0 ? null : block(job.id(), stream, Long.MAX_VALUE);
        return last != null && last.last() > job.lastSeq() ? stored.emittedUntil(last.last()) : stored;
    }

    /**
     * Adds the output events of a job with numbers above {@code after}, as many as fit on a page.
     *
     * @param events what they are added to
     * @return the number up to which there are no others; at most that of the job's latest event
     */
    long read(JobHead head, long after, HistoryPage.Room room, List<JobEvent> events) {
        Job job = head.job();
        long first = head.events().outputs();
        if (first == 0) {
            return job.lastSeq();
        }
        long[] read = {job.lastSeq()};
        OutputBlock begun = after < first ? null : block(job.id(), first, after + 1);
        long from = begun == null || begun.last() <= after ? after + 1 : begun.first();
        main.scan(Table.OUTPUTS, Keys.event(job.id(), from), Keys.event(job.id(), job.lastSeq() + 1), (key, value) -> {
            OutputBlock block = OutputBlock.of(Keys.seq(key), value);
            if (room.isFull()) {
                read[0] = block.first() - 1;
                return false;
            }
            int before = events.size();
            block.events(job.id(), job.route(), after, events::add);
            room.take(events.size() - before, value.length);
            return true;
        });
        return read[0];
    }

    /** Returns the size of what is stored of the response that is being streamed to a job. */
    long size(JobHead head) {
        OutputBlock last =
                block(head.job().id(), head.events().stream(), head.job().lastSeq());
        return last == null ? 0 : last.end();
    }

    /**
     * Finds the event from which on a body is read, in a logarithmic number of steps.
     *
     * @param stream the number of the first event of the response
     * @param last the number of its last event, or a later one
     * @param offset less than the size of the response
     * @return the number of the first event of the block that has the byte
     */
    long find(JobId id, long stream, long last, long offset) {
        long low = stream;
        long high = offset == 0 ? stream : last;
        while (low < high) {
            long middle = low + (high - low) / 2;
            OutputBlock block = block(id, stream, middle);
            if (block == null) {
                throw new JobErasedException();
            } else if (offset < block.offset()) {
                high = block.first() - 1;
            } else if (offset < block.end()) {
                return block.first();
            } else {
                low = Math.max(middle, block.last()) + 1;
            }
        }
        return low;
    }

    /**
     * Reads a part of a body.
     *
     * @param from the number of the first event of the block that has the byte
     * @param offset the offset of that byte
     * @param size the size of the body
     */
    Part part(JobId id, long from, long offset, long size) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        long[] next = {from};
        main.scan(Table.OUTPUTS, Keys.event(id, from), Keys.after(Keys.job(id)), (key, value) -> {
            OutputBlock block = OutputBlock.of(Keys.seq(key), value);
            if (block.offset() > offset + bytes.size()) {
                return false; // some are missing
            }
            bytes.writeBytes(block.bytes(offset + bytes.size(), size));
            next[0] = block.last() + 1;
            return bytes.size() < PART && offset + bytes.size() < size;
        });
        if (bytes.size() == 0) {
            throw new JobErasedException();
        }
        return new Part(bytes.toByteArray(), offset + bytes.size(), next[0]);
    }

    /** Returns the last block of a job that begins between two numbers, both inclusive; null if there is none. */
    private @Nullable OutputBlock block(JobId id, long from, long to) {
        byte[] end = to == Long.MAX_VALUE ? Keys.after(Keys.job(id)) : Keys.event(id, to + 1);
        try (Store.Cursor last = main.descending(Table.OUTPUTS, Keys.event(id, from), end)) {
            return last.isValid() ? OutputBlock.of(Keys.seq(last.key()), last.value()) : null;
        }
    }
}
