package dev.sluice.journal.core;

import dev.sluice.job.Estimate;
import dev.sluice.job.GroupId;
import dev.sluice.job.JobId;
import dev.sluice.job.JobSpec;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The stored form of a {@link JobSpec}, the same in every engine. Attributes are packed in the order in which they were
 * introduced. A new one is appended at the end, where older versions ignore it, and unpacked if bytes remain, so that
 * it needs no new form.
 */
final class SpecCodec {

    private static final byte[] NO_JOB = new byte[0];

    private SpecCodec() {}

    static void pack(Packer out, JobSpec spec) {
        Estimate estimate = spec.estimate();
        out.put(spec.urgency())
                .instant(spec.acceptedAt())
                .number(spec.maxAttempts())
                .number(spec.keep().toMillis())
                .instant(spec.keepUntil())
                .instant(estimate == null ? null : estimate.startAt())
                .instant(estimate == null ? null : estimate.finishAt())
                .instant(spec.deadline())
                .block(spec.redriveOf() == null ? NO_JOB : bytes(spec.redriveOf()))
                .fixed(spec.caller())
                .fixed(spec.turn())
                .fixed(spec.client())
                .instant(estimate == null ? null : estimate.finishBy())
                .optional(spec.callback())
                .block(spec.group() == null ? NO_JOB : bytes(spec.group().value()));
    }

    /** Unpacks a spec that is all that remains in the unpacker. */
    static JobSpec unpack(Unpacker in) {
        JobSpec.Builder spec = original(in);
        if (in.hasMore()) {
            spec.caller(in.fixed()).turn(in.fixed());
        }
        if (in.hasMore()) {
            spec.client(in.fixed());
        }
        if (in.hasMore()) {
            spec.finishBy(in.instant());
        }
        if (in.hasMore()) {
            spec.callback(in.optional());
            JobId group = id(in.block());
            spec.group(group == null ? null : new GroupId(group));
        }
        return spec.build(); // attributes introduced later are read here, if in.hasMore()
    }

    /** Unpacks the original attributes only, which other data may follow. */
    static JobSpec.Builder original(Unpacker in) {
        int urgency = in.get();
        return JobSpec.builder(in.present(), (int) in.number(), Duration.ofMillis(in.number()))
                .urgency(urgency)
                .keepUntil(in.instant())
                .estimate(estimate(in.instant(), in.instant()))
                .deadline(in.instant())
                .redriveOf(id(in.block()));
    }

    static @Nullable Estimate estimate(@Nullable Instant start, @Nullable Instant finish) {
        return start == null || finish == null ? null : new Estimate(start, finish);
    }

    static @Nullable JobId id(byte[] bytes) {
        return bytes.length == 0 ? null : JobId.fromBytes(bytes, 0);
    }

    private static byte[] bytes(JobId id) {
        byte[] bytes = new byte[JobId.BYTES];
        id.writeTo(bytes, 0);
        return bytes;
    }
}
