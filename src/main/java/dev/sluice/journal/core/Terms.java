package dev.sluice.journal.core;

import dev.sluice.job.Estimate;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What of a job never changes, but for its id, its route and its order. Whoever adds an attribute adds it here. */
record Terms(
        int urgency,
        Instant acceptedAt,
        int maxAttempts,
        Duration keep,
        @Nullable Instant keepUntil,
        @Nullable Estimate estimate,
        @Nullable Instant deadline,
        @Nullable JobId redriveOf) {

    private static final byte[] NO_JOB = new byte[0];

    static Terms of(Job job) {
        return new Terms(
                job.urgency(),
                job.acceptedAt(),
                job.maxAttempts(),
                job.keep(),
                job.keepUntil(),
                job.estimate(),
                job.deadline(),
                job.redriveOf());
    }

    void pack(Packer out) {
        out.put(urgency)
                .instant(acceptedAt)
                .number(maxAttempts)
                .number(keep.toMillis())
                .instant(keepUntil)
                .instant(estimate == null ? null : estimate.startAt())
                .instant(estimate == null ? null : estimate.finishAt())
                .instant(deadline)
                .block(redriveOf == null ? NO_JOB : bytes(redriveOf));
    }

    static Terms unpack(Unpacker in) {
        return new Terms(
                in.get(),
                in.present(),
                (int) in.number(),
                Duration.ofMillis(in.number()),
                in.instant(),
                estimate(in.instant(), in.instant()),
                in.instant(),
                id(in.block()));
    }

    /** The job that these terms and the rest add up to. */
    Job job(JobId id, String route, long order, Standing standing) {
        return new Job(
                id,
                route,
                standing.state(),
                order,
                urgency,
                acceptedAt,
                standing.attempt(),
                maxAttempts,
                keep,
                keepUntil,
                estimate,
                deadline,
                redriveOf,
                standing.seq(),
                standing.fence(),
                standing.dueAt(),
                standing.startedAt(),
                standing.finishedAt(),
                standing.failure(),
                standing.result(),
                standing.progress());
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
