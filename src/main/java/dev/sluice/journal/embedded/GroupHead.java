package dev.sluice.journal.embedded;

import dev.sluice.job.Group;
import dev.sluice.job.GroupId;
import dev.sluice.journal.core.GroupCodec;
import dev.sluice.journal.core.JobCodec;
import dev.sluice.journal.core.Packer;
import dev.sluice.journal.core.Unpacker;

/**
 * The stored record of a group.
 *
 * @param cancelled whether it was cancelled
 */
record GroupHead(Group group, boolean cancelled) {

    GroupHead with(Group next) {
        return new GroupHead(next, cancelled);
    }

    boolean finished() {
        return group.finishedAt() != null;
    }

    byte[] bytes() {
        Packer out = JobCodec.packer(128);
        return out.block(GroupCodec.group(group)).put(cancelled ? 1 : 0).toBytes();
    }

    static GroupHead of(GroupId id, byte[] value) {
        Unpacker in = new Unpacker(value);
        JobCodec.form(in);
        return new GroupHead(GroupCodec.group(id, in.block()), in.get() == 1);
    }
}
