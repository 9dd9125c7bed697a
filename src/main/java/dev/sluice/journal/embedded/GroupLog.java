package dev.sluice.journal.embedded;

import dev.sluice.job.Group;
import dev.sluice.job.GroupEvent.Change;
import dev.sluice.job.GroupEvent.OfGroup;
import dev.sluice.job.GroupId;
import dev.sluice.job.JobId;
import dev.sluice.journal.core.GroupCodec;
import dev.sluice.journal.core.JobCodec;
import dev.sluice.journal.core.Packer;
import dev.sluice.journal.core.Unpacker;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Events of a group that were recorded in one commit group, as one row. An event of a job is named by its number there. The key has
 * the number of the last event; those before it follow from that.
 */
final class GroupLog {

    private static final int OF_JOB = 'j';

    private final Packer out = JobCodec.packer(64);

    /**
     * An event.
     *
     * @param job whose event it is; null for a change of the group
     * @param jobSeq its number in the job
     * @param changed the change of the group; null for an event of a job
     */
    record Entry(
            long seq,
            @Nullable JobId job,
            long jobSeq,
            @Nullable OfGroup changed) {}

    /** Adds an event of a job. */
    void add(JobId job, long seq) {
        out.put(OF_JOB).fixed(job.high()).fixed(job.low()).number(seq);
    }

    /** Adds a change of the group. */
    void add(Change change, Instant at, Group group) {
        out.put(letter(change)).instant(at).block(GroupCodec.group(group));
    }

    byte[] bytes() {
        return out.toBytes();
    }

    /** Reads the events of a row. */
    static List<Entry> entries(GroupId id, long last, byte[] value) {
        Unpacker in = new Unpacker(value);
        JobCodec.form(in);
        List<Entry> unnumbered = new ArrayList<>();
        while (in.hasMore()) {
            unnumbered.add(entry(id, in));
        }
        List<Entry> entries = new ArrayList<>(unnumbered.size());
        long seq = last - unnumbered.size();
        for (Entry entry : unnumbered) {
            seq++;
            OfGroup changed = entry.changed();
            entries.add(new Entry(
                    seq,
                    entry.job(),
                    entry.jobSeq(),
                    changed == null ? null : new OfGroup(seq, changed.change(), changed.at(), changed.group())));
        }
        return entries;
    }

    private static Entry entry(GroupId id, Unpacker in) {
        int kind = in.get();
        if (kind == OF_JOB) {
            return new Entry(0, new JobId(in.fixed(), in.fixed()), in.number(), null);
        }
        Instant at = in.present();
        return new Entry(0, null, 0, new OfGroup(0, change(kind), at, GroupCodec.group(id, in.block())));
    }

    private static char letter(Change change) {
        return switch (change) {
            case CREATED -> 'c';
            case CLOSED -> 'l';
            case FINISHED -> 'f';
        };
    }

    private static Change change(int letter) {
        return switch (letter) {
            case 'c' -> Change.CREATED;
            case 'l' -> Change.CLOSED;
            case 'f' -> Change.FINISHED;
            default -> throw new IllegalStateException("unknown change of a group: " + letter);
        };
    }
}
