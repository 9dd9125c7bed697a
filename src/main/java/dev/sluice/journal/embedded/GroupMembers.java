package dev.sluice.journal.embedded;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.journal.core.JobCodec;
import dev.sluice.journal.core.Packer;
import dev.sluice.journal.core.Unpacker;
import java.util.ArrayList;
import java.util.List;

/** Jobs that joined a group in one commit group, as one row, in the order of acceptance. The key has the order of the last one. */
final class GroupMembers {

    private final Packer out = JobCodec.packer(32);
    private long last;

    /**
     * A job of a group.
     *
     * @param order its {@linkplain Job#order() place} in the order of acceptance
     */
    record Member(long order, JobId job) {}

    void add(Job job) {
        out.number(job.order() - last).fixed(job.id().high()).fixed(job.id().low());
        last = job.order();
    }

    /** The order of the last job; 0 if there is none. */
    long last() {
        return last;
    }

    byte[] bytes() {
        return out.toBytes();
    }

    /** Reads the jobs of a row. */
    static List<Member> members(byte[] value) {
        Unpacker in = new Unpacker(value);
        JobCodec.form(in);
        List<Member> members = new ArrayList<>();
        long order = 0;
        while (in.hasMore()) {
            order += in.number();
            members.add(new Member(order, new JobId(in.fixed(), in.fixed())));
        }
        return members;
    }
}
