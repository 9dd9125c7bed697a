package dev.sluice.journal.core;

import dev.sluice.job.Group;
import dev.sluice.job.Group.Counts;
import dev.sluice.job.GroupId;
import java.time.Duration;
import java.time.Instant;

/** The stored form of a group but for its id, the same in every engine. What is added goes to the end of its part. */
public final class GroupCodec {

    private GroupCodec() {}

    /** A whole group. */
    public static byte[] group(Group group) {
        return JobCodec.first(64).block(spec(group.spec())).block(status(group)).toBytes();
    }

    /** As {@link #group(Group)}. */
    public static Group group(GroupId id, byte[] value) {
        Unpacker in = JobCodec.open(value);
        Group.Spec spec = spec(new Unpacker(in.block()));
        Unpacker status = new Unpacker(in.block());
        long lastSeq = status.number();
        Instant joinedAt = status.present();
        return new Group(id, spec, lastSeq, joinedAt, status.instant(), status.instant(), counts(status));
    }

    private static byte[] spec(Group.Spec spec) {
        return new Packer(64)
                .instant(spec.createdAt())
                .optional(spec.label())
                .number(spec.size())
                .number(spec.keep().toMillis())
                .optional(spec.callback())
                .toBytes();
    }

    private static Group.Spec spec(Unpacker in) {
        return new Group.Spec(
                in.present(), in.optional(), (int) in.number(), Duration.ofMillis(in.number()), in.optional());
    }

    private static byte[] status(Group group) {
        Counts counts = group.counts();
        return new Packer(48)
                .number(group.lastSeq())
                .instant(group.joinedAt())
                .instant(group.closedAt())
                .instant(group.finishedAt())
                .number(counts.queued())
                .number(counts.running())
                .number(counts.succeeded())
                .number(counts.failed())
                .number(counts.cancelled())
                .toBytes();
    }

    private static Counts counts(Unpacker in) {
        return new Counts(in.number(), in.number(), in.number(), in.number(), in.number());
    }
}
