package dev.sluice.journal.postgres;

import dev.sluice.job.Estimate;
import dev.sluice.job.Failure;
import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobRequest;
import dev.sluice.job.JobResult;
import dev.sluice.job.JobState;
import dev.sluice.job.Output;
import dev.sluice.job.Progress;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.ResultInfo;
import dev.sluice.journal.NewJob;
import dev.sluice.journal.core.Body;
import dev.sluice.journal.core.Packed;
import dev.sluice.journal.core.Packer;
import dev.sluice.journal.core.Unpacker;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What the packed columns hold. Every value begins with the number of its form. */
final class Codec {

    private static final int FORM = 1;
    private static final byte[] NO_JOB = new byte[0];

    private Codec() {}

    /** What of a job never changes, but for the columns of {@code job}. */
    static byte[] detail(NewJob job) {
        Estimate estimate = job.estimate();
        JobId redriven = job.redriveOf();
        Instant keepUntil = job.accepted(0).keepUntil();
        byte[] of = NO_JOB;
        if (redriven != null) {
            of = new byte[JobId.BYTES];
            redriven.writeTo(of, 0);
        }
        return new Packer(48)
                .put(FORM)
                .put(job.urgency())
                .instant(job.acceptedAt())
                .number(job.maxAttempts())
                .number(job.keep().toMillis())
                .instant(keepUntil)
                .instant(estimate == null ? null : estimate.startAt())
                .instant(estimate == null ? null : estimate.finishAt())
                .instant(job.deadline())
                .block(of)
                .toBytes();
    }

    /** The job that these columns add up to. */
    static Job job(JobId id, long order, String route, byte[] detail, Standing standing) {
        Unpacker in = open(detail);
        int urgency = in.get();
        Instant acceptedAt = in.present();
        int maxAttempts = (int) in.number();
        Duration keep = Duration.ofMillis(in.number());
        Instant keepUntil = in.instant();
        Instant start = in.instant();
        Instant finish = in.instant();
        Instant deadline = in.instant();
        byte[] redriven = in.block();
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
                start == null || finish == null ? null : new Estimate(start, finish),
                deadline,
                redriven.length == 0 ? null : JobId.fromBytes(redriven, 0),
                standing.seq(),
                standing.fence(),
                standing.dueAt(),
                standing.startedAt(),
                standing.finishedAt(),
                standing.failure(),
                standing.result(),
                standing.progress());
    }

    /** What of a job changes. */
    record Standing(
            JobState state,
            long seq,
            long fence,
            int attempt,
            Instant dueAt,
            @Nullable Instant startedAt,
            @Nullable Instant finishedAt,
            @Nullable Failure failure,
            @Nullable Progress progress,
            @Nullable ResultInfo result) {}

    static JobState state(String letter) {
        return switch (letter) {
            case "d", "q" -> JobState.QUEUED;
            case "r" -> JobState.RUNNING;
            case "s" -> JobState.SUCCEEDED;
            case "f" -> JobState.FAILED;
            case "c" -> JobState.CANCELLED;
            default -> throw new IllegalStateException("unknown state: " + letter);
        };
    }

    static String letter(JobState end) {
        return switch (end) {
            case SUCCEEDED -> "s";
            case FAILED -> "f";
            case CANCELLED -> "c";
            case QUEUED, RUNNING -> throw new IllegalArgumentException("no end: " + end);
        };
    }

    /** Head of a request and, unless it is in pieces, its body behind it. */
    static byte[] request(JobRequest head, Body body) {
        Packer out = new Packer(192 + body.inline().length).put(FORM);
        Packed.request(out, head);
        return body(out, body);
    }

    static Stored<JobRequest> request(byte[] bytes) {
        Unpacker in = open(bytes);
        return new Stored<>(Packed.request(in), body(in));
    }

    /** Head of an answer and, unless it is in pieces, its body behind it. */
    static byte[] result(JobResult head, Body body) {
        Packer out = new Packer(128 + body.inline().length).put(FORM);
        Packed.result(out, head);
        return body(out, body);
    }

    static Stored<JobResult> result(byte[] bytes) {
        Unpacker in = open(bytes);
        return new Stored<>(Packed.result(in), body(in));
    }

    /** A head and the body that belongs to it. */
    record Stored<T>(T head, Body body) {}

    static byte @Nullable [] answer(@Nullable ResultInfo info) {
        return info == null
                ? null
                : new Packer(32)
                        .put(FORM)
                        .number(info.status())
                        .optional(info.contentType())
                        .number(info.size())
                        .toBytes();
    }

    static @Nullable ResultInfo answer(byte @Nullable [] bytes) {
        if (bytes == null) {
            return null;
        }
        Unpacker in = open(bytes);
        return new ResultInfo((int) in.number(), in.optional(), in.number());
    }

    static byte @Nullable [] failure(@Nullable Failure failure) {
        if (failure == null) {
            return null;
        }
        Packer out = new Packer(96).put(FORM);
        Packed.failure(out, failure);
        return out.toBytes();
    }

    static @Nullable Failure failure(byte @Nullable [] bytes) {
        return bytes == null ? null : Packed.failure(open(bytes));
    }

    static byte @Nullable [] progress(@Nullable Progress progress) {
        if (progress == null) {
            return null;
        }
        Packer out = new Packer(48).put(FORM);
        Packed.progress(out, progress);
        return out.toBytes();
    }

    static @Nullable Progress progress(byte @Nullable [] bytes) {
        return bytes == null ? null : Packed.progress(open(bytes));
    }

    /** The letter of an event that is stored as a row. */
    static String kind(JobEvent event) {
        if (event instanceof JobEvent.Started) {
            return "s";
        } else if (event instanceof JobEvent.Reported) {
            return "p";
        } else if (event instanceof JobEvent.Emitted) {
            return "o";
        } else if (event instanceof JobEvent.Requeued) {
            return "r";
        }
        throw new IllegalArgumentException("not stored: " + event);
    }

    /**
     * An event but for the columns of {@code event}.
     *
     * @param atOnce whether what goes back to the queue is due when that is recorded, which only the database knows
     */
    static byte[] event(JobEvent event, boolean atOnce) {
        Packer out = new Packer(48).put(FORM);
        if (event instanceof JobEvent.Reported reported) {
            Packed.progress(out, reported.progress());
            out.optional(reported.further());
        } else if (event instanceof JobEvent.Emitted emitted) {
            out.put(emitted.output().text() ? 1 : 0).text(emitted.output().content());
        } else if (event instanceof JobEvent.Requeued requeued) {
            out.text(requeued.reason().name()).instant(atOnce ? null : requeued.nextAttemptAt());
            Packed.failure(out, requeued.failure());
        }
        return out.toBytes();
    }

    static JobEvent event(JobId id, String route, long seq, Instant at, int attempt, String kind, byte[] body) {
        if (kind.equals("s")) {
            return new JobEvent.Started(id, route, seq, at, attempt);
        }
        Unpacker in = open(body);
        switch (kind) {
            case "p" -> {
                Progress said = Objects.requireNonNull(Packed.progress(in), "a report says nothing");
                return new JobEvent.Reported(id, route, seq, at, said, in.optional());
            }
            case "o" -> {
                return new JobEvent.Emitted(id, route, seq, at, new Output(in.get() == 1, in.text()));
            }
            case "r" -> {
                RequeueReason reason = RequeueReason.valueOf(in.text());
                Instant next = in.instant();
                return new JobEvent.Requeued(id, route, seq, at, reason, next == null ? at : next, Packed.failure(in));
            }
            default -> throw new IllegalStateException("unknown kind of event: " + kind);
        }
    }

    private static byte[] body(Packer out, Body body) {
        return out.number(body.size()).number(body.pieces()).raw(body.inline()).toBytes();
    }

    private static Body body(Unpacker in) {
        return new Body(in.number(), (int) in.number(), in.rest());
    }

    private static Unpacker open(byte[] bytes) {
        Unpacker in = new Unpacker(bytes);
        int form = in.get();
        if (form != FORM) {
            throw new IllegalStateException("stored by a newer Sluice: form " + form + ", known is " + FORM);
        }
        return in;
    }
}
