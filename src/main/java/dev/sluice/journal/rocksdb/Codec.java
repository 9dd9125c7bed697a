package dev.sluice.journal.rocksdb;

import dev.sluice.job.Estimate;
import dev.sluice.job.Failure;
import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobRequest;
import dev.sluice.job.JobResult;
import dev.sluice.job.JobState;
import dev.sluice.job.Progress;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.ResultInfo;
import dev.sluice.journal.Body;
import dev.sluice.journal.Packed;
import dev.sluice.journal.Packer;
import dev.sluice.journal.Unpacker;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The stored form of jobs, events and heads. Every value begins with the number of its form. Constants of enums are
 * stored by name, so that their order may change.
 */
final class Codec {

    /** The form written; 1, without deadlines and progress and with pieces of uneven length, is still read. */
    private static final int FORM = 2;

    private static final byte[] NO_JOB = new byte[0];

    private Codec() {}

    static byte[] entry(Entry entry) {
        Job job = entry.job();
        Packer out = new Packer(128)
                .put(FORM)
                .put(letter(job.state()))
                .text(job.route())
                .number(job.order())
                .put(job.urgency())
                .instant(job.acceptedAt())
                .number(job.attempt())
                .number(job.maxAttempts())
                .number(job.keep().toMillis())
                .instant(job.keepUntil())
                .number(job.lastSeq())
                .number(job.fence())
                .instant(job.dueAt())
                .instant(job.startedAt())
                .instant(job.finishedAt());
        Estimate estimate = job.estimate();
        out.instant(estimate == null ? null : estimate.startAt())
                .instant(estimate == null ? null : estimate.finishAt())
                .instant(job.deadline())
                .block(job.redriveOf() == null ? NO_JOB : Keys.job(job.redriveOf()));
        Packed.progress(out, job.progress());
        Packed.failure(out, job.failure());
        ResultInfo result = job.result();
        out.number(result == null ? 0 : result.status());
        if (result != null) {
            out.optional(result.contentType()).number(result.size());
        }
        return out.block(entry.key())
                .number(entry.requestPieces())
                .number(entry.resultPieces())
                .toBytes();
    }

    static Entry entry(JobId id, byte[] bytes) {
        Unpacker in = new Unpacker(bytes);
        int form = form(in);
        JobState state = state(in.get());
        String route = in.text();
        long order = in.number();
        int urgency = in.get();
        Instant acceptedAt = in.present();
        int attempt = (int) in.number();
        int maxAttempts = (int) in.number();
        Duration keep = Duration.ofMillis(in.number());
        Instant keepUntil = in.instant();
        long lastSeq = in.number();
        long fence = in.number();
        Instant dueAt = in.present();
        Instant startedAt = in.instant();
        Instant finishedAt = in.instant();
        Instant startEstimate = in.instant();
        Instant finishEstimate = in.instant();
        Estimate estimate =
                startEstimate == null || finishEstimate == null ? null : new Estimate(startEstimate, finishEstimate);
        Instant deadline = form < 2 ? null : in.instant();
        byte[] redriven = form < 2 ? NO_JOB : in.block();
        Progress progress = form < 2 ? null : Packed.progress(in);
        Failure failure = Packed.failure(in);
        int status = (int) in.number();
        ResultInfo result = status == 0 ? null : new ResultInfo(status, in.optional(), in.number());
        Job job = new Job(
                id,
                route,
                state,
                order,
                urgency,
                acceptedAt,
                attempt,
                maxAttempts,
                keep,
                keepUntil,
                estimate,
                deadline,
                redriven.length == 0 ? null : JobId.fromBytes(redriven, 0),
                lastSeq,
                fence,
                dueAt,
                startedAt,
                finishedAt,
                failure,
                result,
                progress);
        return new Entry(job, in.block(), (int) in.number(), (int) in.number());
    }

    /** Fields by themselves, packed as those of an answer are. */
    static byte[] fields(Headers fields) {
        Packer out = new Packer(128).put(FORM);
        Packed.result(out, new JobResult(0, fields));
        return out.toBytes();
    }

    static Headers fields(byte[] bytes) {
        Unpacker in = new Unpacker(bytes);
        form(in);
        return Packed.result(in).headers();
    }

    /** Head of a request and, unless it is in pieces, its body behind it. */
    static byte[] request(JobRequest head, Body body) {
        Packer out = new Packer(192 + body.inline().length).put(FORM);
        Packed.request(out, head);
        return body(out, body);
    }

    static Stored<JobRequest> request(byte[] bytes) {
        Unpacker in = new Unpacker(bytes);
        form(in);
        return new Stored<>(Packed.request(in), body(in));
    }

    /**
     * Head of an answer and, unless it is in pieces, its body behind it.
     *
     * @param fence under which pieces were written
     */
    static byte[] result(JobResult head, long fence, Body body) {
        Packer out = new Packer(128 + body.inline().length).put(FORM).number(fence);
        Packed.result(out, head);
        return body(out, body);
    }

    static StoredAnswer result(byte[] bytes) {
        Unpacker in = new Unpacker(bytes);
        int form = form(in);
        long fence = in.number();
        JobResult head = Packed.result(in);
        return new StoredAnswer(fence, head, body(in), form > 1);
    }

    /** A head and the body that belongs to it. */
    record Stored<T>(T head, Body body) {}

    /**
     * A stored answer.
     *
     * @param even whether all pieces but the last have {@link BodyReceiver#PIECE} bytes
     */
    record StoredAnswer(long fence, JobResult head, Body body, boolean even) {}

    /** An event but for its job and number, which are its key, and the route, which its job knows. {@link JobEvent.Accepted} is not stored: it is the job. */
    static byte[] event(JobEvent event) {
        Packer out = new Packer(48).put(FORM);
        if (event instanceof JobEvent.Started started) {
            out.put('s').instant(started.at()).number(started.attempt());
        } else if (event instanceof JobEvent.Reported reported) {
            out.put('p').instant(reported.at());
            Packed.progress(out, reported.progress());
            out.optional(reported.further());
        } else if (event instanceof JobEvent.Emitted emitted) {
            out.put('o').instant(emitted.at()).put(emitted.output().text() ? 1 : 0);
            out.text(emitted.output().content());
        } else if (event instanceof JobEvent.Requeued requeued) {
            out.put('r').instant(requeued.at()).text(requeued.reason().name()).instant(requeued.nextAttemptAt());
            Packed.failure(out, requeued.failure());
        } else if (event instanceof JobEvent.Finished) {
            out.put('f'); // the rest is the finished job, which no longer changes
        } else {
            throw new IllegalArgumentException("not stored: " + event);
        }
        return out.toBytes();
    }

    /** The event, or null for the final one, which is made from its job. */
    static @Nullable JobEvent event(JobId id, String route, long seq, byte[] bytes) {
        Unpacker in = new Unpacker(bytes);
        form(in);
        int kind = in.get();
        return switch (kind) {
            case 's' -> new JobEvent.Started(id, route, seq, in.present(), (int) in.number());
            case 'o' ->
                new JobEvent.Emitted(id, route, seq, in.present(), new dev.sluice.job.Output(in.get() == 1, in.text()));
            case 'p' -> reported(id, route, seq, in);
            case 'r' ->
                new JobEvent.Requeued(
                        id,
                        route,
                        seq,
                        in.present(),
                        RequeueReason.valueOf(in.text()),
                        in.present(),
                        Packed.failure(in));
            case 'f' -> null;
            default -> throw new IllegalStateException("unknown kind of event: " + kind);
        };
    }

    private static int letter(JobState state) {
        return switch (state) {
            case QUEUED -> 'q';
            case RUNNING -> 'r';
            case SUCCEEDED -> 's';
            case FAILED -> 'f';
            case CANCELLED -> 'c';
        };
    }

    private static JobState state(int letter) {
        return switch (letter) {
            case 'q' -> JobState.QUEUED;
            case 'r' -> JobState.RUNNING;
            case 's' -> JobState.SUCCEEDED;
            case 'f' -> JobState.FAILED;
            case 'c' -> JobState.CANCELLED;
            default -> throw new IllegalStateException("unknown state: " + letter);
        };
    }

    private static JobEvent reported(JobId id, String route, long seq, Unpacker in) {
        Instant at = in.present();
        Progress said = Objects.requireNonNull(Packed.progress(in), "a report says nothing");
        return new JobEvent.Reported(id, route, seq, at, said, in.optional());
    }

    private static byte[] body(Packer out, Body body) {
        return out.number(body.size()).number(body.pieces()).raw(body.inline()).toBytes();
    }

    private static Body body(Unpacker in) {
        return new Body(in.number(), (int) in.number(), in.rest());
    }

    private static int form(Unpacker in) {
        int form = in.get();
        if (form < 1 || form > FORM) {
            throw new IllegalStateException("stored by a newer Sluice: form " + form + ", known is " + FORM);
        }
        return form;
    }
}
